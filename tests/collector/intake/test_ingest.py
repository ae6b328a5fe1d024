"""One batch, one transaction: what is settled, what becomes evidence, what is put aside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from collector.intake.arrival import Arrival
from collector.intake.ingest import Receipt, ingest
from collector.judge.judge import judge
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.judge.situation import Evidence, Line, Situation
from collector.store.tables import evidence, flag_change, presence, quarantine, report, unattributed
from contract import wire
from provisioning.store import tables as registry

POLICY = load_policy(SEED.read_text(encoding="utf-8"))


@pytest.fixture
def school(country: Any) -> Any:
    """A viewing school on a VNPT line with one enrolled PC."""
    country.participation_id = country.site("school")
    return country.device("d-00000001", "school")


def _count(country: Any, table: Any) -> int:
    with country.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_good_report_makes_the_site_ready_and_is_acknowledged(country: Any, school: Any, now: int) -> None:
    receipts = ingest(country.engine, [school.report(1)], POLICY, now)

    assert receipts == [Receipt(school.name, 0, wire.Ack(school.spool_id, 1))]
    assert country.level(country.participation_id) == "ready"
    assert country.flags(country.participation_id) == {}
    assert country.books(school.name) == {school.spool_id: (1, 1, 0, 0, 0)}


def test_a_bad_line_opens_flags_that_lead_to_the_report(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(1, school.body(line={"download_mbps": 4.0}))], POLICY, now)

    assert country.level(country.participation_id) == "at_risk"
    assert country.flags(country.participation_id) == {("line", "download_mbps"): ("at_risk", "download_low", "vnpt")}
    with country.engine.connect() as connection:
        report_id = connection.execute(select(report.c.id)).scalar_one()
        change = connection.execute(select(flag_change)).one()
    assert change.report_id == report_id
    assert change.policy == POLICY.sha256


def test_a_change_can_be_judged_again_from_what_it_keeps(country: Any, school: Any, now: int) -> None:
    bad = school.body(line={"download_mbps": 4.0}, path={"jitter_ms": 70.0})
    ingest(country.engine, [school.report(1, bad)], POLICY, now)

    with country.engine.connect() as connection:
        changes = connection.execute(select(flag_change)).all()
    assert {(change.fact, change.metric) for change in changes} == {("line", "download_mbps"), ("path", "jitter_ms")}
    for change in changes:
        kept = json.loads(change.input)
        proofs = tuple(Evidence(**e) for e in kept.pop("evidence"))
        situation = Situation(**{**kept, "line": Line(**kept["line"]), "evidence": proofs, "presence": ()})
        again = {verdict.key: verdict for verdict in judge(situation, POLICY, change.at).verdicts}
        verdict = again[change.fact, change.metric]
        assert (verdict.level, verdict.reason, verdict.owner) == (change.new_level, change.reason, change.owner)


def test_a_mended_line_clears_its_flag(country: Any, school: Any, now: int) -> None:
    bad = school.report(1, school.body(line={"download_mbps": 1.0}))
    ingest(country.engine, [bad], POLICY, now)
    assert country.level(country.participation_id) == "not_ready"

    ingest(country.engine, [school.report(2)], POLICY, now)

    assert country.level(country.participation_id) == "ready"
    assert country.flags(country.participation_id) == {}
    assert _count(country, flag_change) == 2


def test_a_report_that_comes_again_is_acknowledged_again_and_counted_once(country: Any, school: Any, now: int) -> None:
    first = school.report(1)
    ingest(country.engine, [first, first], POLICY, now)

    receipts = ingest(country.engine, [first], POLICY, now)

    assert receipts == [Receipt(school.name, 0, wire.Ack(school.spool_id, 1))]
    assert _count(country, report) == 1
    assert country.books(school.name) == {school.spool_id: (1, 1, 0, 0, 0)}


def test_a_report_after_a_gap_is_neither_kept_nor_acknowledged(country: Any, school: Any, now: int) -> None:
    school.accepted = 3
    ingest(country.engine, [school.report(1)], POLICY, now)

    receipts = ingest(country.engine, [school.report(3)], POLICY, now)

    assert receipts == []
    assert country.books(school.name) == {school.spool_id: (3, 1, 2, 0, 0)}


def test_what_the_device_dropped_bridges_the_gap_and_is_counted(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(1)], POLICY, now)

    receipts = ingest(country.engine, [school.report(9, dropped=(2, 8))], POLICY, now)

    assert receipts == [Receipt(school.name, 0, wire.Ack(school.spool_id, 9))]
    assert country.books(school.name) == {school.spool_id: (9, 2, 0, 7, 0)}


def test_of_a_dropped_range_only_what_is_above_the_watermark_counts(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(n) for n in (1, 2, 3)], POLICY, now)

    ingest(country.engine, [school.report(6, dropped=(2, 5))], POLICY, now)

    assert country.books(school.name) == {school.spool_id: (6, 4, 0, 2, 0)}


def test_a_new_spool_closes_the_old_one_and_counts_its_remainder_as_dropped(
    country: Any, school: Any, now: int
) -> None:
    school.accepted = 5
    ingest(country.engine, [school.report(1)], POLICY, now)
    old, school.spool_id, school.accepted = school.spool_id, "00000000000000b2", 0

    ingest(country.engine, [school.report(1)], POLICY, now)

    assert country.books(school.name) == {old: (5, 1, 0, 4, 0), school.spool_id: (1, 1, 0, 0, 0)}


def test_a_spool_taken_for_set_aside_that_speaks_again_is_never_stuck(country: Any, school: Any, now: int) -> None:
    school.accepted = 3
    ingest(country.engine, [school.report(1)], POLICY, now)
    old, school.spool_id = school.spool_id, "00000000000000b2"
    ingest(country.engine, [school.report(1)], POLICY, now)
    school.spool_id = old

    receipts = ingest(country.engine, [school.report(2), school.report(4)], POLICY, now)

    assert receipts == [Receipt(school.name, 0, wire.Ack(old, 4))]
    assert country.books(school.name)[old] == (4, 2, 0, 2, 0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "damaged"),
        (b"no json", "not_json"),
        (b"[" * 20_000, "not_json"),
        (b'{"v": 1, "v2": NaN}', "wrong_type"),
        (b'{"v": 2}', "future_version"),
        (b"x" * 40_000, "too_large"),
        (b"\xff\xfe{}", "not_json"),
    ],
)
def test_a_body_that_cannot_be_used_is_quarantined_counted_and_acknowledged(
    country: Any, school: Any, now: int, body: bytes, reason: str
) -> None:
    receipts = ingest(country.engine, [school.report(1, body), school.report(2)], POLICY, now)

    assert receipts == [Receipt(school.name, 0, wire.Ack(school.spool_id, 2))]
    assert country.books(school.name) == {school.spool_id: (2, 1, 0, 0, 1)}
    with country.engine.connect() as connection:
        assert connection.execute(select(quarantine.c.reason)).scalars().all() == [reason]


def test_what_is_put_aside_is_told_by_the_device_or_of_nobody(country: Any, school: Any, now: int) -> None:
    stranger = school.report(1, b"not JSON")._replace(topic=wire.topic_for("d-00000099", "report"))
    frameless = school.report(2)._replace(payload=b"no frame")
    for arrivals in ([school.report(1, b"not JSON")], [stranger], [frameless]):
        ingest(country.engine, arrivals, POLICY, now)

    with country.engine.connect() as connection:
        change, device = registry.change.c, registry.device.c
        told = select(change.key).where(change.kind == "quarantine").order_by(change.id)
        known = connection.execute(select(device.id).where(device.name == school.name)).scalar_one()
        assert connection.execute(told).scalars().all() == [known, 0, 0]


def test_a_body_of_another_device_is_quarantined(country: Any, school: Any, now: int) -> None:
    other = country.device("d-00000002", "school")

    ingest(country.engine, [school.report(1, other.body())], POLICY, now)

    with country.engine.connect() as connection:
        assert connection.execute(select(quarantine.c.reason)).scalar_one() == "wrong_device"


@pytest.mark.parametrize(("state", "reason"), [("revoked", "revoked"), ("waiting", "revoked")])
def test_a_revoked_device_is_settled_but_proves_nothing(
    country: Any, school: Any, now: int, state: str, reason: str
) -> None:
    thief = country.device("d-0000dead", "school", state=state)

    ingest(country.engine, [thief.report(1)], POLICY, now)

    assert country.books(thief.name) == {thief.spool_id: (1, 0, 0, 0, 1)}
    assert _count(country, evidence) == 0
    with country.engine.connect() as connection:
        assert connection.execute(select(quarantine.c.reason)).scalar_one() == reason


def test_a_device_the_registry_does_not_know_is_settled_as_quarantined(country: Any, school: Any, now: int) -> None:
    school.name = "d-unknown1"

    receipts = ingest(country.engine, [school.report(1)], POLICY, now)

    assert receipts == [Receipt("d-unknown1", 0, wire.Ack(school.spool_id, 1))]
    assert country.books("d-unknown1") == {school.spool_id: (1, 0, 0, 0, 1)}


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("dc/v1/x/y", b"", "topic"),
        ("dc/v1/0/d-00000001/up/report", b"wrong shard", "topic"),
        (wire.topic_for("d-00000001", "report"), b"no frame", "frame"),
        (wire.topic_for("d-00000001", "snapshot"), b"{}", "snapshot"),
        (wire.topic_for("d-00000001", "presence"), b'{"connection": 1, "state": "NaN"}', "presence"),
    ],
)
def test_what_nobody_can_be_held_to_is_kept_once_and_never_acknowledged(
    country: Any, school: Any, now: int, topic: str, payload: bytes, reason: str
) -> None:
    assert ingest(country.engine, [Arrival(topic, payload, now)] * 2, POLICY, now) == []
    assert ingest(country.engine, [Arrival(topic, payload, now)], POLICY, now) == []

    with country.engine.connect() as connection:
        rows = connection.execute(select(unattributed.c.reason, unattributed.c.times)).all()
    assert rows == [(reason, 3)]


def test_evidence_is_dated_by_its_age_and_the_collectors_clock(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(1, school.body(age_ms=3000))], POLICY, now)

    with country.engine.connect() as connection:
        rows = connection.execute(select(evidence.c.measured_at, evidence.c.is_time_uncertain)).all()
    assert set(rows) == {(now - 3_000_000, False)}


@pytest.mark.parametrize(("is_clock_plausible", "is_uncertain"), [(None, False), (True, False), (False, True)])
def test_evidence_of_a_device_whose_clock_cannot_be_right_keeps_its_age_and_is_marked(
    country: Any, school: Any, now: int, is_clock_plausible: bool | None, is_uncertain: bool
) -> None:
    body = school.body(age_ms=3000, is_clock_plausible=is_clock_plausible)
    ingest(country.engine, [school.report(1, body)], POLICY, now)

    with country.engine.connect() as connection:
        rows = connection.execute(select(evidence.c.measured_at, evidence.c.is_time_uncertain)).all()
    assert set(rows) == {(now - 3_000_000, is_uncertain)}


@pytest.mark.parametrize(
    ("role", "offset_ms", "level"),
    [("view", -40.0, "ready"), ("view", 6.3e11, "at_risk"), ("interactive", -3.1e11, "not_ready")],
)
def test_a_wrong_clock_is_the_sites_to_set(country: Any, now: int, role: str, offset_ms: float, level: str) -> None:
    participation_id = country.site("office", role=role)
    office = country.device("d-00000009", "office")
    ingest(country.engine, [office.report(1, office.body(clock={"offset_ms": offset_ms}))], POLICY, now)

    assert country.level(participation_id) == level
    flags = {} if level == "ready" else {("clock", "offset_ms"): (level, "clock_wrong", "site")}
    assert country.flags(participation_id) == flags


def test_a_failed_measurement_makes_its_fact_unknown_and_leaves_the_others(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(1, school.body(fails=["path"]))], POLICY, now)

    assert country.level(country.participation_id) == "unknown"
    assert country.flags(country.participation_id) == {("path", ""): ("unknown", "could_not_measure", "site")}


def test_a_spare_device_never_worsens_the_level(country: Any, school: Any, now: int) -> None:
    spare = country.device("d-00000002", "school", is_spare=True)
    ingest(country.engine, [school.report(1)], POLICY, now)

    ingest(country.engine, [spare.report(1, spare.body(line={"download_mbps": 0.1}))], POLICY, now)

    assert country.level(country.participation_id) == "ready"


def test_an_older_connections_will_does_not_undo_a_newer_presence(country: Any, school: Any, now: int) -> None:
    arrivals = [school.presence("connected", 2), school.presence("lost", 1)]

    ingest(country.engine, arrivals, POLICY, now)

    with country.engine.connect() as connection:
        assert connection.execute(select(presence.c.state)).scalar_one() == "connected"


@pytest.mark.parametrize("state", ["stopped", "lost"])
def test_a_connection_whose_presence_was_lost_on_the_way_is_known_by_its_snapshot(
    country: Any, school: Any, now: int, state: str
) -> None:
    ingest(country.engine, [school.presence(state, 1)], POLICY, now)

    ingest(country.engine, [school.snapshot(connection=2), school.presence("lost", 1)], POLICY, now)

    with country.engine.connect() as connection:
        assert connection.execute(select(presence.c.state, presence.c.connection)).one() == ("connected", 2)


def test_a_late_snapshot_does_not_undo_a_stop(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.presence("stopped", 1), school.snapshot(connection=1)], POLICY, now)

    with country.engine.connect() as connection:
        assert connection.execute(select(presence.c.state)).scalar_one() == "stopped"


def test_a_snapshot_keeps_the_latest_readings_and_counters(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(1)], POLICY, now)
    school.accepted = 4

    ingest(country.engine, [school.snapshot(spooled=3)], POLICY, now)

    assert country.books(school.name) == {school.spool_id: (4, 1, 3, 0, 0)}
    with country.engine.connect() as connection:
        assert json.loads(connection.execute(select(presence.c.snapshot)).scalar_one())["rtt_ms"] == 8.0


def test_a_device_that_sleeps_stays_asleep_until_it_connects_and_then_tells_for_how_long_it_slept(
    country: Any, school: Any, now: int
) -> None:
    held = select(presence.c.state, presence.c.slept_s, presence.c.since_at)
    ingest(country.engine, [school.presence("connected", 1), school.presence("asleep", 1, at=now + 60)], POLICY, now)
    with country.engine.connect() as connection:
        assert connection.execute(held).one() == ("asleep", 0, now + 60)

    ingest(country.engine, [school.presence("connected", 2, at=now + 90, slept_s=30)], POLICY, now)
    ingest(country.engine, [school.snapshot(at=now + 95, connection=2)], POLICY, now)
    with country.engine.connect() as connection:
        assert connection.execute(held).one() == ("connected", 30, now + 90)

    ingest(country.engine, [school.presence("connected", 3, at=now + 99)], POLICY, now)
    with country.engine.connect() as connection:
        assert connection.execute(held).one().slept_s == 0
