"""What is due of sites at each gate is asked of the registry and the evidence; power cuts lie where sites lie."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from collector.dryrun.testable import may_test
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.queries import campaign_windows, due, times
from collector.store.scope import Sight, country
from collector.store.tables import campaign
from provisioning import power_cuts
from provisioning.store.engine import writing
from provisioning.store.tables import contact, line, participation, session, site, unit

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOUR = 3_600_000_000


@pytest.fixture
def district(country: Any) -> int:
    """A district of the country's province, in which what follows lies."""
    with writing(country.engine) as connection:
        below = {"code": "271", "level": 2, "name": "Huyện Ba Vì", "parent_id": country.unit_id}
        query = insert(unit).values(**below, valid_from="2008-08-01").returning(unit.c.id)
        country.unit_id = connection.execute(query).scalar_one()
    return int(country.unit_id)


def lacks(engine: Any, session_id: int) -> dict[str, dict[str, tuple[str, ...]]]:
    """By gate and site, what it lacks; the province in which all lie is the first unit."""
    with engine.connect() as connection:
        sight = country(connection)
        found = {gate: {one.name: one.lacks for one in due.lacking(sight, session_id, gate, 1)} for gate in due.ASKED}
        counted = {one.gate: one.lacking for one in due.by_province(sight, session_id)}
    assert counted == {gate: len(sites) for gate, sites in found.items()}
    return found


def test_a_site_lacks_at_each_gate_what_is_not_listed_measured_proven_or_present(
    country: Any, district: int, now: int
) -> None:
    country.site("A", role="interactive")
    country.site("B")
    engine, session_id = country.engine, country.session_id
    listed = ("contact", "seats")
    assert lacks(engine, session_id) == {
        "T-14d": {"A": listed, "B": listed},
        "T-7d": {"A": ("enrolled", "reported"), "B": ("enrolled", "reported")},
        "T-1d": {"A": ("carries",), "B": ("carries",)},
        "T-1h": {"A": ("present",)},  # nobody asks it of who watches
    }
    with writing(engine) as connection:
        connection.execute(insert(contact).values(site_id=1, name="Bình", phone=""))
        connection.execute(update(participation).where(participation.c.site_id == 1).values(seats=30))
        connection.execute(update(line).where(line.c.id == 2).values(code="?B"))  # nobody has told its code
    sender = country.device("d-00000001", "A")
    assert lacks(engine, session_id)["T-7d"]["A"] == ("reported",)
    ingest(engine, [sender.presence("connected", at=now), sender.report(1)], POLICY, now)
    assert lacks(engine, session_id) == {
        "T-14d": {"B": ("contact", "line", "seats")},
        "T-7d": {"B": ("enrolled", "reported")},
        "T-1d": {"B": ("carries",)},
        "T-1h": {},
    }
    ingest(engine, [sender.report(2, sender.body(line={"upload_mbps": 0.1}))], POLICY, now)
    assert set(lacks(engine, session_id)["T-1d"]) == {"A", "B"}


def test_a_power_cut_of_a_province_district_or_site_keeps_the_sites_in_it_from_being_tested(
    country: Any, district: int, now: int
) -> None:
    country.site("A")
    country.site("B")
    with writing(country.engine) as connection:
        connection.execute(update(site).values(code=site.c.name))
        other = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        connection.execute(insert(unit).values(other))
        for number, code in enumerate(("01", "271", "02")):
            span = (now + number * HOUR, now + (number + 1) * HOUR)
            power_cuts.add(connection, *span, code, [code], [], "test", now)
        sight = Sight(connection, None)
        found = times.times_of(sight, select(site.c.id), now)
        cut = ((now, now + HOUR), (now + HOUR, now + 2 * HOUR))
        assert {site_id: one.calendar.power_cuts for site_id, one in found.items()} == {1: cut, 2: cut}
        assert times.count_testable(sight, country.session_id, now)["power_cut"] == 2
        assert [one.note for one in times.power_cuts_seen(sight, now)] == ["01", "271", "02"]
        bound = Sight(connection, frozenset({district}))
        assert [one.note for one in times.power_cuts_seen(bound, now)] == ["01", "271"]
        assert times.power_cuts_seen(Sight(connection, frozenset()), now) == []


def test_a_dry_run_is_outdated_once_its_session_has_moved_or_when_it_reaches_into_it(country: Any, now: int) -> None:
    with writing(country.engine) as connection:
        starts_at = connection.execute(select(session.c.starts_at)).scalar_one()
        alike = {"session_id": country.session_id, "checks": "[]", "selection": "{}", "prediction": "{}"}
        ends_at = connection.execute(select(session.c.ends_at)).scalar_one()
        for name, opens_at, closes_at, state, may_load_sessions in (
            ("fits", now, starts_at, "planned", False),
            ("reaches in", now, starts_at + 1, "running", False),
            ("reaches in on purpose", now, starts_at + 1, "planned", True),
            ("comes after", ends_at, ends_at + 1, "planned", False),
            ("over", now, starts_at + 1, "ended", False),
        ):
            values = {"name": name, "opens_at": opens_at, "closes_at": closes_at, "state": state, "made_at": now}
            values |= {"made_by": "noc", "may_load_sessions": may_load_sessions}
            connection.execute(insert(campaign).values(**alike, **values))
        assert [one.name for one in campaign_windows.outdated(connection, 1)] == ["reaches in"]
        for moved_at, told in ((now - 1, None), (now + 1, now + 1)):  # before it was planned that is no news
            connection.execute(update(session).values(moved_at=moved_at))
            found = {one.name: one.moved_at for one in campaign_windows.outdated(connection, 1)}
            assert found["reaches in"] == told
        assert list(found) == ["fits", "reaches in", "reaches in on purpose", "comes after"]


def test_what_is_counted_is_what_each_site_is_told(country: Any, district: int, now: int) -> None:
    for name in "ABCD":
        country.site(name)
    with writing(country.engine) as connection:
        connection.execute(update(site).values(code=site.c.name))
        connection.execute(update(site).where(site.c.id == 1).values(hours="T2-CN 20:00-22:00"))
        connection.execute(update(site).where(site.c.id == 2).values(hours="T2-CN 00:00-24:00"))
        power_cuts.add(connection, now - HOUR, now + HOUR, "", ["271"], [], "test", now)
        power_cuts.add(connection, now + HOUR, now + 2 * HOUR, "", ["01"], [], "test", now)
    starts = now + 12 * HOUR
    for moment in (now, now + 90 * 60_000_000, now + 3 * HOUR, starts - HOUR // 2, starts, starts + 5 * HOUR):
        with country.engine.connect() as connection:
            sight = Sight(connection, None)
            told = times.times_of(sight, select(site.c.id), moment).values()
            counted = Counter(may_test(one, moment).reason for one in told)
            assert +Counter(times.count_testable(sight, country.session_id, moment)) == counted
