"""A day of two sessions with different rosters: who speaks in which, concluded and counted in each, and once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import insert, select, update

import collector
from collector.dryrun.selection import INTERACTIVE, Selection, wave_of
from collector.intake.sweep import sweep
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.statement import figures
from collector.statement.body import Body
from collector.statement.make import make
from collector.store.leaving import leave
from collector.store.queries.campaigns import choose
from collector.store.queries.sessions import all_sessions
from collector.store.queries.speakers import conclude_all
from collector.store.scope import Sight
from collector.store.scope import country as whole
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import participation, school, session, site, unit

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOUR = 3_600_000_000
HERE, WRITTEN = Path(collector.__file__).parent, (".py", ".html", ".toml", ".typ")
SEATS = 30


class Rosters(NamedTuple):
    """Who takes part in which session, by role."""

    morning: dict[str, str]
    afternoon: dict[str, str]


ROSTERS = {
    "a few": Rosters(
        {"province": "interactive", "school": "view", "university": "view"},
        {"university": "interactive", "school": "view"},
    ),
    "many": Rosters(
        {f"province{n}": "interactive" for n in range(9)} | {"school": "view"},
        {f"university{n}": "interactive" for n in range(3)} | {"school": "interactive"},
    ),
    "nobody": Rosters({"school": "view"}, {"school": "view"}),
}


@pytest.fixture(params=ROSTERS)
def rosters(request: pytest.FixtureRequest, country: Any, now: int) -> Rosters:
    """A day in the registry: sites with a school each, in three provinces, two of which are one of the 34."""
    found = ROSTERS[request.param]
    with writing(country.engine) as connection:
        for code, name in (("02", "Tỉnh Hà Giang"), ("08", "Tỉnh Tuyên Quang")):
            connection.execute(insert(unit).values(code=code, level=1, name=name, valid_from="2008-08-01"))
        values = {"event_id": 1, "code": "s2", "name": "Buổi chiều", "starts_at": now + 20 * HOUR}
        connection.execute(insert(session).values(**values, ends_at=now + 22 * HOUR))
        names = sorted({*found.morning, *found.afternoon})
        for number, name in enumerate(names, start=1):
            values = {"code": f"S{name}", "name": name, "unit_id": number % 3 + 1, "created_at": now}
            connection.execute(insert(site).values(**values))
            connection.execute(insert(school).values(code=f"s{number}", name=name, site_id=number))
        for session_id, roster in enumerate(found, start=1):
            for name, role in roster.items():
                part = {"site_id": names.index(name) + 1, "role": role, "medium": "pc", "seats": SEATS}
                connection.execute(insert(participation).values(session_id=session_id, **part))
    sweep(country.engine, POLICY, now)
    return found


def bodies(country: Any, now: int, units: frozenset[int] | None = None) -> list[Body]:
    """Return the statements of both sessions: of the country, or of these units."""
    with country.engine.connect() as connection:
        return [make(Sight(connection, units), one, None, now) for one in all_sessions(connection)]


def test_each_session_has_its_own_speakers_conclusions_order_and_figures(
    country: Any, rosters: Rosters, now: int
) -> None:
    told = bodies(country, now)
    with country.engine.connect() as connection:
        for body, roster, each in zip(told, rosters, all_sessions(connection), strict=True):
            speaking = {name for name, role in roster.items() if role == "interactive"}
            concluded = conclude_all(whole(connection), each.id, POLICY, now)
            chosen = choose(connection, each.id, Selection())
            first = [one for one in chosen if wave_of(one.role, is_hard_to_reach=False) == INTERACTIVE]
            assert {one.name for one in concluded.speakers} == {one.name for one in body.interactive} == speaking
            assert len(concluded.speakers) == len(first) == len(speaking)
            assert {(one.name, one.role) for one in body.sites} == {*roster.items()}
            assert concluded.whole.code == body.conclusion == "not_eligible"  # nothing is proven of anybody
            covered = figures.cover(body.sites, lambda one: one.role)
            assert {role: found.whole.sites for role, found in covered.items()} == {
                role: list(roster.values()).count(role) for role in sorted({*roster.values()})
            }


def test_every_site_school_and_seat_is_counted_once_by_province_by_63_and_by_34(
    country: Any, rosters: Rosters, now: int
) -> None:
    with country.engine.connect() as connection:
        units = connection.scalars(select(unit.c.id)).all()
    by_province = [bodies(country, now, frozenset({one})) for one in units]
    for number, (body, roster) in enumerate(zip(bodies(country, now), rosters, strict=True)):
        everybody = figures.whole(body.sites).whole
        assert everybody == (len(roster), len(roster), SEATS * len(roster))
        ways = (
            [figures.whole(told[number].sites).whole for told in by_province],
            [found.whole for found in figures.cover(body.sites, lambda one: one.province).values()],
            [one.covered.whole for one in figures.merged(body)],
        )
        for parts in ways:
            assert tuple(map(sum, zip(*parts, strict=True))) == everybody


def test_a_site_that_moves_merges_or_leaves_is_counted_where_it_is_now_and_once(
    country: Any, rosters: Rosters, now: int
) -> None:
    left = dict(rosters.morning)
    merged = next((name for name in left if name != "school"), None)
    with writing(country.engine) as connection:
        host = connection.scalar(select(site.c.id).where(site.c.name == "school"))
        connection.execute(update(site).where(site.c.id == host).values(unit_id=2))
        record_changes(connection, [("site", host)])
        if merged is not None:
            connection.execute(update(school).where(school.c.name == merged).values(site_id=host))
            leave(connection, 1, [f"S{merged}"], "noc", now)
            del left[merged]
    sweep(country.engine, POLICY, now)
    morning, afternoon = bodies(country, now)
    assert sorted((one.name, one.role) for one in morning.sites) == sorted(left.items())
    assert figures.whole(morning.sites).whole == (len(left), len(rosters.morning), SEATS * len(left))
    assert [one.province for one in morning.sites if one.name == "school"] == ["02"]
    assert sorted((one.name, one.role) for one in afternoon.sites) == sorted(rosters.afternoon.items())


def test_no_rule_page_or_query_knows_how_many_speak() -> None:
    folders = ("judge", "dryrun", "statement", "store", "intake", "probe_server", "link", "dashboard/templates")
    files = [file for folder in folders for file in (HERE / folder).rglob("*.*") if file.suffix in WRITTEN]
    files += (HERE / "dashboard").glob("*.py")
    files.remove(HERE / "statement" / "docx.py")  # which draws a letter's head, in millimetres
    assert len(files) > 150
    assert [file.name for file in files if re.search(r"\b68\b", file.read_text(encoding="utf-8"))] == []
