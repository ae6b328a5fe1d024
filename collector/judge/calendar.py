"""When a site is open: its hours but for holidays, and its sessions whatever the hours say; never without power.

From one hour before a session to its end the site is open: the presence rule asks for it then.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from provisioning.gates import GATES
from provisioning.hours import Hours

_MIN_US = 60_000_000
_DAY_US = 24 * 60 * _MIN_US
_VIETNAM_US = 7 * 60 * _MIN_US  # ahead of UTC, all the year
_EPOCH = date(1970, 1, 1).toordinal()
_REACHES_DAYS = (8, 400)  # how far to look: a week and a day do for most; a school may be closed for a summer
Spans = tuple[tuple[int, int], ...]  # from when to when
OPENS_BEFORE_US = next(gate.before_start_us for gate in GATES if gate.name == "T-1h")


class Calendar(NamedTuple):
    """What decides when a site is open; sessions and announced power cuts by start and end, in microseconds UTC."""

    hours: Hours
    holidays: frozenset[date]
    sessions: Spans
    power_cuts: Spans = ()


class Stretch(NamedTuple):
    """The time around a moment through which a site is open, or closed; None: its edge is farther than we look."""

    is_open: bool
    starts_at: int | None
    ends_at: int | None
    is_cut: bool = False  # closed for nothing but an announced power cut


def stretch(calendar: Calendar, now: int) -> Stretch:
    """Return whether the site is open now, since when and until when."""
    today = (now + _VIETNAM_US) // _DAY_US
    for reach_days in _REACHES_DAYS:
        first, last = today - reach_days, today + reach_days
        found = _around(_openings(calendar, first, last), now)
        lowest, highest = _midnight_at(first), _midnight_at(last + 1)
        starts_at = found.starts_at if found.starts_at is not None and found.starts_at > lowest else None
        ends_at = found.ends_at if found.ends_at is not None and found.ends_at < highest else None
        found = Stretch(found.is_open, starts_at, ends_at)
        if starts_at is not None and ends_at is not None:
            break
    return found._replace(is_cut=not found.is_open and _is_cut(calendar, now))


def day_of(at: int) -> date:
    """Return the Vietnamese day of a moment."""
    return date.fromordinal(_EPOCH + (at + _VIETNAM_US) // _DAY_US)


def _is_cut(calendar: Calendar, now: int) -> bool:
    """Tell whether the site would be open now but for a power cut."""
    is_without = any(starts_at <= now < ends_at for starts_at, ends_at in calendar.power_cuts)
    return is_without and stretch(calendar._replace(power_cuts=()), now).is_open


def _around(openings: list[tuple[int, int]], now: int) -> Stretch:
    edges = [None, *(edge for opening in openings for edge in opening), None]
    for number, (before, after) in enumerate(pairwise(edges)):
        if (before is None or before <= now) and (after is None or now < after):
            return Stretch(number % 2 == 1, before, after)
    raise AssertionError("the edges are in order")


def _openings(calendar: Calendar, first: int, last: int) -> list[tuple[int, int]]:
    """Return from when to when the site is open around these days, in order; what touches or overlaps is one."""
    merged: list[tuple[int, int]] = []
    for starts_at, ends_at in sorted([*_by_hours(calendar, first, last), *_by_sessions(calendar)]):
        if merged and starts_at <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends_at)
        else:
            merged.append((starts_at, ends_at))
    return list(_powered(merged, sorted(calendar.power_cuts))) if calendar.power_cuts else merged


def _powered(openings: list[tuple[int, int]], cuts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield what power cuts, in order by their starts, leave of openings."""
    for at, ends_at in openings:
        for cut_at, back_at in cuts:
            if at < cut_at < ends_at:
                yield at, cut_at
            if cut_at < ends_at:
                at = max(at, back_at)
        if at < ends_at:
            yield at, ends_at


def _by_hours(calendar: Calendar, first: int, last: int) -> Iterator[tuple[int, int]]:
    for day in range(first, last + 1):
        that_day = date.fromordinal(_EPOCH + day)
        if that_day not in calendar.holidays:
            for span in calendar.hours.week[that_day.weekday()]:
                yield _midnight_at(day) + span.start_min * _MIN_US, _midnight_at(day) + span.end_min * _MIN_US


def _by_sessions(calendar: Calendar) -> Iterator[tuple[int, int]]:
    return ((starts_at - OPENS_BEFORE_US, ends_at) for starts_at, ends_at in calendar.sessions)


def _midnight_at(day: int) -> int:
    return day * _DAY_US - _VIETNAM_US
