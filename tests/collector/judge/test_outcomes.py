"""However often a line is tried, its failure counts as repeated from ten minutes on, and one better test ends that."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.judge.outcomes import KEPT, REPEATED_AFTER_US, carries, falls_short, is_repeated, remember
from collector.judge.situation import Evidence

S = 1_000_000
GOOD = {"outcome": "carries", "need_mbps": 6.0, "minimum_mbps": 3.0, "low_mbps": 6.5, "high_mbps": 7.0}
BAD = {**GOOD, "outcome": "fails", "minimum": "below", "low_mbps": 1.0, "high_mbps": 1.4}
RATE = st.floats(0.1, 20.0)


def series(*steps: tuple[int, dict[str, Any]]) -> list[Evidence]:
    """Return the evidence as each test leaves it: seconds since the one before, and its download."""
    found: list[Evidence] = []
    at, earlier = 0, []
    for gap_s, download in steps:
        if found:
            earlier = remember(found[-1].findings, found[-1].measured_at, 1, earlier)
        at += gap_s * S
        findings = {"method": "threshold", "server": "s", "download": download}
        found.append(Evidence(1, "line", "agent", 1, False, findings, None, at, 1, 1, earlier))
    return found


def has_failed_before(found: Evidence) -> bool:
    return is_repeated(found, lambda earlier: falls_short(earlier, "download", 3.0))


@given(st.lists(st.integers(10, 1200), min_size=1, max_size=40))
def test_trying_again_and_again_hides_no_failure(gaps_s: list[int]) -> None:
    found = series(*((gap_s, BAD) for gap_s in gaps_s))
    for one in found:
        assert has_failed_before(one) == (one.measured_at - found[0].measured_at >= REPEATED_AFTER_US)
        assert len(one.earlier) <= KEPT


@given(st.lists(st.tuples(st.integers(10, 1200), st.booleans()), min_size=1, max_size=40))
def test_nothing_counts_as_repeated_across_a_better_test(steps: list[tuple[int, bool]]) -> None:
    found = series(*((gap_s, GOOD if is_good else BAD) for gap_s, is_good in steps))
    for before, now in pairwise(found):
        if before.findings["download"] is GOOD:  # type: ignore[index]
            assert not has_failed_before(now)


@given(RATE, RATE, st.sampled_from(["carries", "fails", "unsure"]), st.sampled_from(["above", "below", "unsure"]))
def test_a_line_that_carries_a_rate_carries_every_smaller_one(a: float, b: float, outcome: str, minimum: str) -> None:
    tested = {**GOOD, "outcome": outcome, "minimum": minimum, "low_mbps": 4.0, "high_mbps": 5.0}
    low, high = sorted((a, b))
    if carries(tested, high):
        assert carries(tested, low)
    if carries(tested, low) is False:
        assert carries(tested, high) is False
