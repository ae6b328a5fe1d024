"""What becomes of a campaign's sites while the registry changes, machines are off, or clocks are wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, update

from collector.intake.sweep import sweep
from collector.store.leaving import leave
from collector.store.queries import document
from collector.store.queries.campaigns import count_outcomes
from collector.store.scope import Sight
from collector.store.tables import campaign_site
from contract import wire
from provisioning.errors import ProvisioningError
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import device, participation, school, session, site, unit
from tests.collector.dryrun.conftest import POLICY, line_test, take

S = 1_000_000
HOUR = 3600 * S
YEARS = 44 * 365 * 24 * HOUR
Moment = tuple[str, int, int]  # boot id, monotonic ms, wall us
CARRIED, LEFT, STOPPED = ("carries", ""), ("not_done", "left_roster"), ("not_done", "stopped")


class Middle:
    """A campaign that goes on, and what may happen at one of its sites: all after its start, at `at`."""

    def __init__(self, country: Any, name: str, at: int) -> None:
        self.country = country
        self.name = name
        self.at = at

    def test(self, down: str = "carries", sender: Any = None, seq: int = 1) -> None:
        take(self.country, line_test(sender or self.sender, seq, self.at, down), at=self.at)

    @property
    def sender(self) -> Any:
        return self.country.senders[f"d-{self.name:0>8}"]

    def dated(self, measured: Moment, sent: Moment) -> None:
        """Have a line test come now that was measured and sent at these moments of the device."""
        body = json.loads(line_test(self.sender, 1, self.at).payload.partition(b"\n")[2])
        for measurement in body["measurements"]:
            measurement["started"] = dict(zip(("boot_id", "mono_ms", "wall_us"), measured, strict=True))
        boot_id, mono_ms, wall_us = sent
        frame = self.sender.frame(1)._replace(boot_id=boot_id, mono_ms=mono_ms, wall_us=wall_us)
        body["is_clock_plausible"] = False
        arrival = self.sender.report(1, at=self.at)
        take(
            self.country,
            arrival._replace(payload=wire.encode_report(frame, json.dumps(body).encode())),
            at=self.at,
        )

    def leave(self) -> None:
        with writing(self.country.engine) as connection:
            assert leave(connection, self.country.session_id, [f"S{self.name}"], "noc", self.at) == 1

    def change(self, table: Any, values: dict[str, Any]) -> None:
        with writing(self.country.engine) as connection:
            ours = select(site.c.id).where(site.c.name == self.name).scalar_subquery()
            key = table.c.id if table is site else table.c.site_id
            connection.execute(update(table).where(key == ours).values(**values))
            record_changes(connection, [("site", connection.scalar(select(ours)) or 0)])

    def replace(self, *, sender_state: str = "revoked") -> Any:
        """Enrol another machine in the place of the site's, and return it."""
        self.change(device, {"state": sender_state})
        return self.country.device(f"e-{self.name:0>8}", self.name)


def _leave_before(one: Middle) -> None:
    one.leave()
    one.test()


def _leave_after(one: Middle) -> None:
    one.test()
    one.leave()


def _come_back(one: Middle) -> None:
    one.leave()
    with writing(one.country.engine) as connection:
        ours = connection.scalar(select(site.c.id).where(site.c.name == one.name))
        values = {"session_id": one.country.session_id, "site_id": ours, "role": "view", "medium": "pc"}
        connection.execute(participation.insert().values(values))
    one.test()


def _add_late(one: Middle) -> None:
    one.country.site("late")
    Middle(one.country, "late", one.at).test(sender=one.country.device("d-late0000", "late"))


def _merge(one: Middle) -> None:
    """Have its school meet at another site from now on: then it has nobody left, and leaves."""
    with writing(one.country.engine) as connection:
        other = connection.scalar(select(site.c.id).where(site.c.name == "host"))
        connection.execute(school.insert().values(code="TH1", name="Trường gộp", site_id=other))
    one.leave()
    Middle(one.country, "host", one.at).test()


def _move(one: Middle) -> None:
    with writing(one.country.engine) as connection:
        values = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        unit_id = connection.execute(unit.insert().values(values).returning(unit.c.id)).scalar_one()
    one.change(site, {"unit_id": unit_id})
    one.test()


def _replace_tested(one: Middle) -> None:
    one.test()
    new = one.replace()
    take(one.country, new.report(1, new.body(fails=("line",)), at=one.at), at=one.at)


def _replace_failing(one: Middle) -> None:
    one.test("fails")
    one.test(sender=one.replace())


def _test_revoked(one: Middle) -> None:
    one.replace()
    one.test()


def _test_spare(one: Middle) -> None:
    one.test(sender=one.country.device(f"s-{one.name:0>8}", one.name, is_spare=True))


def _again(one: Middle) -> None:
    one.test("fails")
    one.test(seq=2)
    one.test(seq=2)  # sent again


class Case(NamedTuple):
    """What happens at a site, and what its row says in the end."""

    happens: Callable[[Middle], None]
    told: tuple[str, str]


BOOT, BEFORE = "b0070000-0000", "b0070000-0001"
WALL = 1_692_061_200 * S
CASES = {
    "tested": Case(Middle.test, CARRIED),
    "tested-again": Case(_again, CARRIED),
    "never-asked": Case(lambda one: None, STOPPED),
    "off": Case(lambda one: None, ("not_done", "off")),  # the only one that is not connected
    "left-before": Case(_leave_before, LEFT),
    "left-after": Case(_leave_after, CARRIED),
    "left-and-back": Case(_come_back, CARRIED),
    "added-beside": Case(_add_late, STOPPED),
    "merged": Case(_merge, LEFT),
    "host": Case(lambda one: None, CARRIED),
    "moved-unit": Case(_move, CARRIED),
    "replaced": Case(lambda one: one.test(sender=one.replace()), CARRIED),
    "replaced-tested": Case(_replace_tested, CARRIED),
    "replaced-weak": Case(_replace_failing, CARRIED),
    "replaced-never": Case(_test_revoked, ("not_done", "off")),  # the new machine never came
    "revoked": Case(lambda one: one.change(device, {"state": "revoked"}), ("not_done", "not_enrolled")),
    "by-a-spare": Case(_test_spare, STOPPED),
    # clocks: the age is the monotonic clock's within a boot, the wall clock's across two
    "years-behind": Case(lambda one: one.dated((BOOT, 9_000, WALL - YEARS), (BOOT, 10_000, WALL - YEARS)), CARRIED),
    "years-ahead": Case(lambda one: one.dated((BOOT, 9_000, WALL + YEARS), (BOOT, 10_000, WALL + YEARS)), CARRIED),
    "behind-restart": Case(lambda one: one.dated((BEFORE, 1, WALL - YEARS), (BOOT, 1, WALL - YEARS + S)), CARRIED),
    "set-forward": Case(lambda one: one.dated((BEFORE, 1, WALL - YEARS), (BOOT, 1, WALL)), STOPPED),
    "set-back": Case(lambda one: one.dated((BEFORE, 1, WALL), (BOOT, 1, WALL - YEARS)), CARRIED),
    "set-back-awake": Case(lambda one: one.dated((BOOT, 1, WALL), (BOOT, 7_200_001, WALL - YEARS)), STOPPED),
}


def test_every_site_has_one_row_with_a_result_or_a_reason_whatever_happens_in_the_middle(
    conductor: Any, country: Any, now: int
) -> None:
    away = {"off"}
    for name in CASES:
        country.site(name)
        country.device(f"d-{name:0>8}", name)
    take(
        country, *(s.presence("connected") for n, s in country.senders.items() if n[2:].strip("0") not in away), at=now
    )
    started = conductor.start("line")
    for name, case in CASES.items():
        case.happens(Middle(country, name, now + 60 * S))
    assert sum(conductor.counts(started.id).values()) == len(CASES)
    conductor.act(started.id, "stop", 120 * S)

    with country.engine.connect() as connection:
        query = select(site.c.name, campaign_site.c.outcome, campaign_site.c.reason)
        rows = connection.execute(query.join(site, site.c.id == campaign_site.c.site_id)).all()
        by_unit = {
            number: sum(count_outcomes(Sight(connection, frozenset({number})), started.id).values())
            for number in connection.scalars(select(unit.c.id))
        }
    assert len(rows) == len(CASES)  # the one that was added late waits for the next campaign
    assert {name: (outcome, reason) for name, outcome, reason in rows} == {n: case.told for n, case in CASES.items()}
    assert sorted(by_unit.values()) == [1, len(CASES) - 1]  # each in the unit where it is now, and in no other


def test_a_retest_takes_what_is_still_listed_and_who_was_added(conductor: Any, country: Any, now: int) -> None:
    for name in ("stays", "leaves"):
        country.site(name)
        country.device(f"d-{name:0>8}", name)
    first = conductor.start("line")
    Middle(country, "leaves", now).leave()
    country.site("late")
    conductor.act(first.id, "stop", S)
    again = conductor.find(conductor.make("line", not_carried_in=first.id))
    assert again.prediction.sites == 1
    assert conductor.find(conductor.make("line")).prediction.sites == 2


def test_a_site_that_speaks_no_more_is_not_waited_for_to_rehearse(conductor: Any, country: Any, now: int) -> None:
    country.site("speaks", role="interactive")
    country.device("d-00speaks", "speaks")
    started = conductor.start("line", "rehearsal")
    one = Middle(country, "speaks", now + S)
    one.change(participation, {"role": "view"})
    one.test()
    assert conductor.counts(started.id) == {("carries", ""): 1}
    sweep(country.engine, POLICY, now + 2 * S)
    assert conductor.find(started.id).state == "ended"


def test_a_site_of_two_sessions_is_in_the_campaign_once_and_leaves_one_of_them(
    conductor: Any, country: Any, now: int
) -> None:
    country.site("both")
    country.device("d-0000both", "both")
    with writing(country.engine) as connection:
        values = {"event_id": 1, "code": "s2", "name": "Buổi chiều", "starts_at": now + 20 * HOUR}
        connection.execute(session.insert().values(**values, ends_at=now + 22 * HOUR))
        connection.execute(participation.insert().values(session_id=2, site_id=1, role="interactive", medium="pc"))
    started = conductor.start("line")
    Middle(country, "both", now + S).leave()
    with country.engine.connect() as connection:
        assert [client.wave for client in document.build(connection, 1, now + S).devices.values()] == [None]
        assert connection.scalars(select(participation.c.session_id)).all() == [2]
    sweep(country.engine, POLICY, now + 2 * S)  # nobody is waited for any more
    assert conductor.find(started.id).state == "ended"
    Middle(country, "both", now + 3 * S).test()
    assert conductor.counts(started.id) == {LEFT: 1}


def test_who_takes_no_part_cannot_leave_and_then_nobody_does(country: Any, now: int) -> None:
    country.site("a")
    with pytest.raises(ProvisioningError, match="Sb"), writing(country.engine) as connection:
        leave(connection, country.session_id, ["Sa", "Sb"], "noc", now)
    with country.engine.connect() as connection:
        assert len(connection.execute(select(participation)).all()) == 1
