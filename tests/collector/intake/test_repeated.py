"""A failure of a line is kept beside the next test, so that it can be told from a bad moment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.judge.judge import judge
from collector.judge.load import load_policy
from collector.judge.outcomes import KEPT
from collector.judge.policy import SEED
from collector.judge.situation import Evidence, Line, Situation
from collector.store.tables import evidence, flag_change

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
MIN = 60_000_000
GOOD = {"outcome": "carries", "need_mbps": 6.0, "minimum_mbps": 3.0, "rate_mbps": 7.0, "low_mbps": 6.8}
GOOD |= {"high_mbps": 7.2, "moved_bytes": 1, "took_s": 1.0, "added_delay_ms": {"why": "absent"}}
BAD = {**GOOD, "outcome": "fails", "minimum": "below", "rate_mbps": 1.0, "low_mbps": 0.9, "high_mbps": 1.1}
UNCONFIRMED, CONFIRMED = ("at_risk", "unconfirmed", "site"), ("not_ready", "download_low", "vnpt")


@pytest.fixture
def school(country: Any) -> Any:
    """A viewing school on a VNPT line with one enrolled PC."""
    country.participation_id = country.site("school")
    return country.device("d-00000001", "school")


def report(school: Any, seq: int, at: int, download: dict[str, Any] | None) -> Arrival:
    """Return a report of a line test; None: it came to nothing."""
    if download is None:
        return school.report(seq, school.body(fails=["line"]), at=at)  # type: ignore[no-any-return]
    body = school.body(line={"method": "threshold", "download": download, "upload": GOOD})
    return school.report(seq, body, at=at)  # type: ignore[no-any-return]


def test_a_line_that_fails_again_ten_minutes_later_is_not_ready_and_one_good_test_mends_it(
    country: Any, school: Any, now: int
) -> None:
    for seq, minute, download, flag in [
        (1, 0, BAD, UNCONFIRMED),
        (2, 9, BAD, UNCONFIRMED),
        (3, 10, BAD, CONFIRMED),
        (4, 30, GOOD, None),
        (5, 50, BAD, UNCONFIRMED),
    ]:
        at = now + minute * MIN
        ingest(country.engine, [report(school, seq, at, download)], POLICY, at)
        assert country.flags(country.participation_id).get(("line", "download_mbps")) == flag


def test_a_test_that_came_to_nothing_does_not_hide_the_failure_before_it(country: Any, school: Any, now: int) -> None:
    for seq, minute, download in [(1, 0, BAD), (2, 30, None), (3, 60, BAD)]:
        ingest(country.engine, [report(school, seq, now + minute * MIN, download)], POLICY, now + minute * MIN)
    assert country.flags(country.participation_id)["line", "download_mbps"] == CONFIRMED


def test_reports_that_waited_and_come_in_one_batch_are_told_apart_by_when_they_measured(
    country: Any, school: Any, now: int
) -> None:
    def waited(seq: int, minutes: int, at: int = now) -> Arrival:
        body = school.body(line={"method": "threshold", "download": BAD, "upload": GOOD})
        return school.report(seq, body, mono_ms=10_000 + minutes * 60_000, at=at)  # type: ignore[no-any-return]

    ingest(country.engine, [waited(1, 8), waited(2, 0)], POLICY, now)
    assert country.flags(country.participation_id)["line", "download_mbps"] == UNCONFIRMED
    later = now + 5 * MIN
    ingest(country.engine, [waited(3, 4, later), waited(4, 2, later)], POLICY, later)
    assert country.flags(country.participation_id)["line", "download_mbps"] == CONFIRMED


def test_a_report_that_comes_again_repeats_no_failure(country: Any, school: Any, now: int) -> None:
    for minute in (0, 30):
        ingest(country.engine, [report(school, 1, now + minute * MIN, BAD)], POLICY, now + minute * MIN)
    assert country.flags(country.participation_id)["line", "download_mbps"] == UNCONFIRMED


def test_what_is_kept_stays_small_and_of_line_tests_alone(country: Any, school: Any, now: int) -> None:
    for seq in range(1, KEPT + 4):
        at = now + seq * 20 * MIN
        ingest(country.engine, [report(school, seq, at, BAD)], POLICY, at)
    with country.engine.connect() as connection:
        kept = dict(connection.execute(select(evidence.c.fact, evidence.c.earlier)).all())
        size = connection.scalar(select(func.length(evidence.c.earlier)).where(evidence.c.fact == "line"))
    assert len(json.loads(kept.pop("line"))) == KEPT
    assert set(kept.values()) == {None}
    assert size < 2500


def test_a_confirmed_failure_can_be_judged_again_from_what_its_change_keeps(
    country: Any, school: Any, now: int
) -> None:
    for seq, minute in ((1, 0), (2, 30)):
        ingest(country.engine, [report(school, seq, now + minute * MIN, BAD)], POLICY, now + minute * MIN)
    with country.engine.connect() as connection:
        change = connection.execute(select(flag_change).order_by(flag_change.c.id.desc())).first()
    kept = json.loads(change.input)
    proofs = tuple(Evidence(**e) for e in kept.pop("evidence"))
    situation = Situation(**{**kept, "line": Line(**kept["line"]), "evidence": proofs, "presence": ()})
    again = {verdict.key: verdict for verdict in judge(situation, POLICY, change.at).verdicts}
    assert again["line", "download_mbps"].level == change.new_level == "not_ready"
