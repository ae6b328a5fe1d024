"""A site is open by its hours, but for holidays, and whenever a session needs it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.judge.calendar import Calendar, Stretch, stretch
from provisioning import hours
from provisioning.hours import DAY_MIN, Hours, Span

HANOI = timezone(timedelta(hours=7))
HOUR = 3_600_000_000
DAY = 24 * HOUR
SCHOOL = "T2-T6 07:00-17:00; T7 07:00-11:30"


def at(text: str, zone: timezone = HANOI) -> int:
    """Return a moment, 16 November 2026 being a Monday."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1_000_000


def calendar(text: str = SCHOOL, holidays: tuple[str, ...] = (), *sessions: tuple[str, str]) -> Calendar:
    days = frozenset(map(date.fromisoformat, holidays))
    return Calendar(hours.read(text), days, tuple((at(start), at(end)) for start, end in sessions))


@pytest.mark.parametrize(
    ("now", "is_open", "starts", "ends"),
    [
        ("2026-11-16T07:00", True, "2026-11-16T07:00", "2026-11-16T17:00"),
        ("2026-11-16T16:59:59", True, "2026-11-16T07:00", "2026-11-16T17:00"),
        ("2026-11-16T17:00", False, "2026-11-16T17:00", "2026-11-17T07:00"),
        ("2026-11-16T06:59:59", False, "2026-11-14T11:30", "2026-11-16T07:00"),  # since Saturday noon
        ("2026-11-16T00:00", False, "2026-11-14T11:30", "2026-11-16T07:00"),
        ("2026-11-14T09:00", True, "2026-11-14T07:00", "2026-11-14T11:30"),
    ],
)
def test_a_site_is_open_from_the_first_minute_of_its_hours_to_before_the_last(now, is_open, starts, ends) -> None:
    assert stretch(calendar(), at(now)) == Stretch(is_open, at(starts), at(ends))


def test_hours_are_vietnamese_time_summer_and_winter() -> None:
    for day in ("2026-01-15", "2026-07-15"):
        found = stretch(calendar(), at(f"{day}T01:30", UTC))
        assert found == Stretch(True, at(f"{day}T00:00", UTC), at(f"{day}T10:00", UTC))


def test_hours_across_midnight_belong_to_the_day_they_begin_on() -> None:
    night = "T2-T6 18:00-02:00"
    found = Stretch(True, at("2026-11-20T18:00"), at("2026-11-21T02:00"))
    assert stretch(calendar(night), at("2026-11-21T01:00")) == found  # the small hours of Saturday
    assert not stretch(calendar(night), at("2026-11-16T01:00")).is_open  # those of Monday
    assert stretch(calendar(night, ("2026-11-21",)), at("2026-11-21T01:00")) == found
    assert not stretch(calendar(night, ("2026-11-20",)), at("2026-11-21T01:00")).is_open


def test_hours_that_touch_are_one_stretch() -> None:
    assert stretch(calendar("T2-T3 00:00-24:00"), at("2026-11-16T12:00")) == Stretch(
        True, at("2026-11-16T00:00"), at("2026-11-18T00:00")
    )


def test_on_holidays_a_site_is_closed() -> None:
    tet = tuple(f"2027-02-{day:02}" for day in range(4, 13))  # Thursday to the Friday after
    found = stretch(calendar("T2-T6 07:00-17:00", tet), at("2027-02-05T09:00"))
    assert found == Stretch(False, at("2027-02-03T17:00"), at("2027-02-15T07:00"))


def test_a_site_that_is_always_open_or_closed_for_longer_than_we_look_has_no_edge() -> None:
    assert stretch(calendar("T2-CN 00:00-24:00"), at("2026-11-16T12:00")) == Stretch(True, None, None)
    years = tuple((date(2025, 1, 1) + timedelta(days=n)).isoformat() for n in range(1200))
    assert stretch(calendar(SCHOOL, years), at("2026-11-16T12:00")) == Stretch(False, None, None)


@pytest.mark.parametrize(
    ("now", "is_open", "starts", "ends"),
    [
        ("2026-11-15T06:59", False, "2026-11-14T11:30", "2026-11-15T07:00"),  # a Sunday: no hours
        ("2026-11-15T07:00", True, "2026-11-15T07:00", "2026-11-15T11:00"),  # from one hour before the start
        ("2026-11-15T10:59", True, "2026-11-15T07:00", "2026-11-15T11:00"),
        ("2026-11-15T11:00", False, "2026-11-15T11:00", "2026-11-16T07:00"),
    ],
)
@pytest.mark.parametrize("holidays", [(), ("2026-11-15",)])
def test_from_one_hour_before_a_session_to_its_end_a_site_is_open(holidays, now, is_open, starts, ends) -> None:
    meets = calendar(SCHOOL, holidays, ("2026-11-15T08:00", "2026-11-15T11:00"))
    assert stretch(meets, at(now)) == Stretch(is_open, at(starts), at(ends))


@pytest.mark.parametrize(
    ("now", "is_cut", "starts", "ends"),
    [
        ("2026-11-16T10:00", True, "2026-11-16T09:00", "2026-11-16T11:30"),
        ("2026-11-17T10:00", True, "2026-11-16T17:00", "2026-11-18T07:00"),  # all of Tuesday
        ("2026-11-17T20:00", False, "2026-11-16T17:00", "2026-11-18T07:00"),  # no power, and closed anyway
    ],
)
def test_without_power_a_site_is_closed_and_it_is_told_when_that_alone_closes_it(now, is_cut, starts, ends) -> None:
    cuts = (at("2026-11-16T09:00"), at("2026-11-16T11:30")), (at("2026-11-17T06:00"), at("2026-11-17T22:00"))
    assert stretch(calendar()._replace(power_cuts=cuts), at(now)) == Stretch(False, at(starts), at(ends), is_cut)


def test_a_session_lengthens_the_hours_that_it_touches() -> None:
    meets = calendar(SCHOOL, (), ("2026-11-16T16:00", "2026-11-16T20:00"))
    assert stretch(meets, at("2026-11-16T12:00")) == Stretch(True, at("2026-11-16T07:00"), at("2026-11-16T20:00"))


SPANS = st.builds(
    lambda start, length: Span(start, start + length), st.integers(0, DAY_MIN - 1), st.integers(1, DAY_MIN - 1)
)
WEEKS = st.lists(st.lists(SPANS, max_size=2).map(tuple), min_size=7, max_size=7).filter(any).map(tuple).map(Hours)
NOON = at("2026-11-16T12:00")
MOMENTS = st.integers(-8 * DAY, 8 * DAY).map(lambda offset: NOON + offset)
PERIODS = st.lists(st.tuples(MOMENTS, st.integers(1, 10 * HOUR)).map(lambda pair: (pair[0], sum(pair))), max_size=2)
CALENDARS = st.builds(
    Calendar,
    WEEKS,
    st.frozensets(st.dates(date(2026, 11, 5), date(2026, 11, 30)), max_size=6),
    PERIODS.map(tuple),
    PERIODS.map(tuple),
)


def is_open_plainly(held: Calendar, moment: int) -> bool:
    """Tell it the slow way: look at each span of today and of yesterday, at each session and at each power cut."""
    if any(start <= moment < end for start, end in held.power_cuts):
        return False
    there = datetime.fromtimestamp(moment // 1_000_000, HANOI)
    for day in (there.date(), there.date() - timedelta(days=1)):
        midnight = at(day.isoformat())
        for span in () if day in held.holidays else held.hours.week[day.weekday()]:
            if midnight + span.start_min * 60_000_000 <= moment < midnight + span.end_min * 60_000_000:
                return True
    return any(start - HOUR <= moment < end for start, end in held.sessions)


@given(CALENDARS, MOMENTS)
def test_a_stretch_holds_the_moment_and_is_what_it_says_up_to_both_edges_and_not_beyond(held, now) -> None:
    found = stretch(held, now)
    assert found.is_open == is_open_plainly(held, now)
    assert found.starts_at is None or found.starts_at <= now
    assert found.ends_at is None or now < found.ends_at
    for edge, inside, outside in ((found.starts_at, 0, -1), (found.ends_at, -1, 0)):
        if edge is not None:
            assert is_open_plainly(held, edge + inside) == found.is_open
            assert is_open_plainly(held, edge + outside) != found.is_open


@given(CALENDARS, MOMENTS)
def test_the_next_opening_is_the_first_minute_that_is_open(held, now) -> None:
    found = stretch(held, now)
    if not found.is_open and found.ends_at is not None:
        minutes = range(now, min(found.ends_at, now + 3 * DAY), 7 * 60_000_000)
        assert not any(is_open_plainly(held, moment) for moment in minutes)
        following = stretch(held, found.ends_at)
        assert (following.is_open, following.starts_at) == (True, found.ends_at)
