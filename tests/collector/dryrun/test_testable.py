"""A site is tested while it is open, has power, and no session runs."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.dryrun.testable import Answer, Times, free_times, may_test
from collector.judge.calendar import Calendar, stretch
from provisioning import hours

HANOI = timezone(timedelta(hours=7))
MIN, HOUR, DAY = 60_000_000, 3_600_000_000, 24 * 3_600_000_000
SCHOOL = "T2-T6 07:00-17:00"


def at(text: str) -> int:
    """Return a moment, 16 November 2026 being a Monday."""
    return int(datetime.fromisoformat(text).replace(tzinfo=HANOI).timestamp()) * 1_000_000


def span(first: str, last: str) -> tuple[int, int]:
    return at(first), at(last)


TIMES = Times(
    Calendar(
        hours.read(SCHOOL),
        frozenset([date(2026, 11, 20)]),
        (span("2026-11-18T08:00", "2026-11-18T11:00"),),
        (span("2026-11-16T09:00", "2026-11-16T10:00"), span("2026-11-17T16:00", "2026-11-17T20:00")),
    ),
    running=(span("2026-11-16T10:00", "2026-11-16T11:30"), span("2026-11-18T08:00", "2026-11-18T11:00")),
)


@pytest.mark.parametrize(
    ("now", "reason", "edge"),
    [
        ("2026-11-16T07:30", "", "2026-11-16T09:00"),  # until the power is cut
        ("2026-11-16T09:15", "power_cut", "2026-11-16T11:30"),  # and then a session runs
        ("2026-11-16T10:00", "session", "2026-11-16T11:30"),
        ("2026-11-16T11:30", "", "2026-11-16T17:00"),
        ("2026-11-16T18:00", "outside_hours", "2026-11-17T07:00"),
        ("2026-11-17T16:00", "power_cut", "2026-11-18T07:00"),  # its end lies outside the hours
        ("2026-11-18T07:00", "", "2026-11-18T08:00"),
        ("2026-11-18T09:00", "session", "2026-11-18T11:00"),
        ("2026-11-20T09:00", "holiday", "2026-11-23T07:00"),
        ("2026-11-20T22:00", "holiday", "2026-11-23T07:00"),
        ("2026-11-21T09:00", "outside_hours", "2026-11-23T07:00"),
    ],
)
def test_who_may_not_be_tested_is_told_why_and_from_when_and_who_may_until_when(now, reason, edge) -> None:
    answer = may_test(TIMES, at(now))
    assert answer == (Answer(reason, None, at(edge)) if reason else Answer("", at(edge), None))
    assert answer.is_allowed == (not reason)


def test_the_noc_may_let_tests_run_during_sessions_but_not_without_power() -> None:
    assert may_test(TIMES, at("2026-11-16T10:30"), may_load_sessions=True) == Answer("", at("2026-11-16T17:00"), None)
    assert may_test(TIMES, at("2026-11-16T09:30"), may_load_sessions=True).reason == "power_cut"


def test_a_site_that_never_opens_again_is_told_no_moment() -> None:
    closed = frozenset(date(2026, 11, 1) + timedelta(day) for day in range(800))
    assert may_test(Times(Calendar(hours.read(SCHOOL), closed, ())), at("2026-11-16T09:00")) == Answer(
        "holiday", None, None
    )


_MOMENTS = st.integers(at("2026-11-15T00:00"), at("2026-11-24T00:00"))
_SPANS = st.lists(st.tuples(_MOMENTS, st.integers(1, 2 * DAY)).map(lambda s: (s[0], s[0] + s[1])), max_size=4).map(
    tuple
)


@given(_SPANS, _SPANS, _MOMENTS)
def test_it_may_be_tested_from_the_moment_that_was_told_and_not_before(power_cuts, running, now) -> None:
    times = Times(TIMES.calendar._replace(power_cuts=power_cuts), running)
    answer = may_test(times, now)
    if answer.is_allowed:
        assert answer.until is not None
        assert answer.until > now
        assert not may_test(times, answer.until).is_allowed or stretch(times.calendar, answer.until).is_open
    else:
        assert answer.opens_at is not None
        assert may_test(times, answer.opens_at).is_allowed
        assert not may_test(times, answer.opens_at - 1).is_allowed


@given(_SPANS, _SPANS, _MOMENTS)
def test_free_times_are_those_at_which_it_may_be_tested(power_cuts, running, moment) -> None:
    times = Times(TIMES.calendar._replace(power_cuts=power_cuts), running)
    first, last = at("2026-11-15T00:00"), at("2026-11-24T00:00")
    free = free_times(times, first, last)
    assert all(start < end for start, end in free)
    assert all(one[1] <= other[0] for one, other in pairwise(free))
    assert any(start <= moment < end for start, end in free) == (moment < last and may_test(times, moment).is_allowed)
