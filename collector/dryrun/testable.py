"""Whether a site may be tested at a moment, and if not, why not and from when. Pure.

A site is tested while it is open by its calendar (its hours but for holidays, and from one hour before its sessions),
not during an announced power cut, and never while any session of the country runs, unless the NOC overrides that.
"""

from __future__ import annotations

from typing import NamedTuple

from collector.judge.calendar import Calendar, Spans, Stretch, day_of, stretch
from provisioning import hours

SESSION, POWER_CUT, HOLIDAY, OUTSIDE_HOURS = REASONS = ("session", "power_cut", "holiday", "outside_hours")


class Times(NamedTuple):
    """What decides when a site may be tested."""

    calendar: Calendar
    running: Spans = ()  # every session of the country: while one runs its network is left alone


_ALWAYS = Calendar(hours.read("T2-CN 00:00-24:00"), frozenset(), ())


class Answer(NamedTuple):
    """Whether a site may be tested: no reason, and until when; else the reason, and from when. None: not foreseen."""

    reason: str  # of REASONS; empty: it may
    until: int | None
    opens_at: int | None

    @property
    def is_allowed(self) -> bool:
        """Tell whether the site may be tested."""
        return not self.reason


def may_test(times: Times, now: int, *, may_load_sessions: bool = False) -> Answer:
    """Tell whether a site may be tested now; `may_load_sessions`: the NOC lets tests run during sessions."""
    if may_load_sessions:
        times = times._replace(running=())
    reason, around = _hindrance(times, now)
    if reason:
        return Answer(reason, None, _opening(times, now))
    ahead = [start for start, _ in times.running if start > now]
    ends = [end for end in (*ahead, around.ends_at) if end is not None]
    return Answer("", min(ends, default=None), None)


def at_any_hour(times: Times) -> Times:
    """Return what decides when hours, holidays and power cuts do not count: sessions alone."""
    return Times(_ALWAYS, times.running)


def free_times(times: Times, starts_at: int, ends_at: int, *, may_load_sessions: bool = False) -> Spans:
    """Return when between two moments a site may be tested, in order and apart."""
    found, at = [], starts_at
    while at < ends_at:
        answer = may_test(times, at, may_load_sessions=may_load_sessions)
        edge = answer.until if answer.is_allowed else answer.opens_at
        until = ends_at if edge is None else min(edge, ends_at)
        if answer.is_allowed:
            found.append((at, until))
        at = until
    return tuple(found)


def _hindrance(times: Times, now: int) -> tuple[str, Stretch]:
    """Return why a site may not be tested now, or nothing, and the stretch of its calendar around now."""
    around = stretch(times.calendar, now)
    if _covering(times.running, now) is not None:
        return SESSION, around
    if _covering(times.calendar.power_cuts, now) is not None:
        return POWER_CUT, around
    if around.is_open:
        return "", around
    would_open = stretch(times.calendar._replace(holidays=frozenset()), now).is_open
    return (HOLIDAY if would_open or day_of(now) in times.calendar.holidays else OUTSIDE_HOURS), around


def _opening(times: Times, now: int) -> int | None:
    """Return when next nothing hinders: each hindrance ends once, and the next one begins then or later."""
    at: int | None = now
    while at is not None:
        held = _covering(times.running, at)
        if held is not None:
            at = held
            continue
        around = stretch(times.calendar, at)
        if around.is_open:
            return at
        at = around.ends_at
    return None


def _covering(spans: Spans, at: int) -> int | None:
    """Return when the spans that hold a moment end, the last of them; None: none holds it."""
    return max((end for start, end in spans if start <= at < end), default=None)
