"""What people did in a filled country before somebody looks at it: dry runs, a calendar, statements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from collector.dryrun import conduct
from collector.dryrun.conduct import Wish
from collector.dryrun.selection import Selection
from collector.statement.make import make
from collector.store import campaigns, statements
from collector.store.intake import campaigns as results
from collector.store.queries.campaigns import choose as choose_sites
from collector.store.queries.sessions import all_sessions, choose
from collector.store.scope import country
from provisioning import deadlines, holidays, power_cuts
from provisioning.people import Person
from provisioning.settings import Settings
from provisioning.store.engine import writing

_SECOND, _HOUR = 1_000_000, 3_600_000_000
_HA_GIANG = "02"


def begin_dry_run(engine: Engine, settings: Settings, now: int) -> None:
    """Begin a dry run of the country, from before its devices measured: number 1."""
    wish = Wish("Cả nước, T-1 ngày", 1, ("equipment", "line", "rehearsal"), Selection(), now, now + 2 * _HOUR)
    conduct.act(engine, settings, conduct.make(engine, settings, wish, "noc", now), "start", "noc", now)


def make_other_dry_runs(engine: Engine, settings: Settings, now: int) -> None:
    """Leave one that is planned, one that was stopped and one that came to its end: numbers 2, 3 and 4."""
    wish = Wish("Cả nước, T-1 giờ", 1, ("equipment", "line"), Selection(), now + _HOUR, now + 2 * _HOUR)
    conduct.make(engine, settings, wish, "noc", now)
    of_province = wish._replace(name="Hà Giang, T-7 ngày", selection=Selection(units=(_HA_GIANG,)))
    for one, state, began, ended in (
        (of_province, "stopped", now - 26 * _HOUR, now - 25 * _HOUR),
        (wish._replace(name="Cả nước, T-7 ngày"), "ended", now - 400 * _SECOND, now),
    ):
        one = one._replace(opens_at=began, closes_at=ended)
        number = conduct.make(engine, settings, one, "noc", began)
        with writing(engine) as connection:
            _carry_out(connection, number, state, began, ended)


def _carry_out(connection: Connection, number: int, state: str, began: int, ended: int) -> None:
    """Leave a dry run as it stands when it is over; what was measured meanwhile counts."""
    found = campaigns.get(connection, number)
    chosen = choose_sites(connection, found.session_id, found.selection)
    campaigns.put_sites(connection, number, {one.site_id: int(one.role != "interactive") for one in chosen})
    campaigns.change(connection, number, "start", {"state": "running", "started_at": began}, "noc", began)
    results.settle(connection, [one.site_id for one in chosen], ended)
    found = campaigns.get(connection, number)
    left = results.reasons(connection, found, "stopped" if state == "stopped" else "no_turn")
    results.close(connection, found, left, ended)
    campaigns.change(connection, number, "end", {"state": state, "ended_at": ended}, "noc", ended)


def announce(connection: Connection, now: int) -> None:
    """Enter a holiday, power cuts, and a province's own deadline."""
    day = (datetime.fromtimestamp(now / 1e6, UTC) + timedelta(days=3)).date().isoformat()
    holidays.add(connection, (day, day), "Nghỉ phòng chống bão", (_HA_GIANG,), "noc", now)
    tonight = now + 9 * _HOUR
    power_cuts.add(connection, tonight, tonight + 3 * _HOUR, "Điện lực Hà Giang", (_HA_GIANG,), (), "noc", now)
    deadlines.set_deadline(connection, "model", _HA_GIANG, "T-1d", 36 * _HOUR, "noc", now)


def make_statements(connection: Connection, now: int) -> None:
    """Make three statements of the country as somebody would now: only made, proposed, and approved."""
    session = choose(all_sessions(connection), now, 1)
    assert session is not None
    shift, ministry = Person(1, "noc", "", "noc"), Person(4, "ministry", "", "ministry")
    body = make(country(connection), session, None, now)
    numbers = [statements.keep(connection, session.id, None, body, "noc", now) for _ in range(3)]
    for number in numbers[1:]:
        one = statements.find(country(connection), number)
        assert one is not None
        statements.propose(connection, one, shift, now)
    approved = statements.find(country(connection), numbers[2])
    assert approved is not None
    statements.approve(connection, approved, ministry, now)
