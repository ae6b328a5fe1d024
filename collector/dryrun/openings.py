"""When a campaign may test a site, and why not at all. Pure."""

from __future__ import annotations

from collector.dryrun.testable import Spans, Times, free_times, may_test
from collector.judge.calendar import Calendar
from provisioning import hours

_ALWAYS = Calendar(hours.read("T2-CN 00:00-24:00"), frozenset(), ())


def openings(times: Times, starts_at: int, ends_at: int, *, is_any_hour: bool, may_load_sessions: bool) -> Spans:
    """Return when between two moments a site may be tested; at any hour: hours and power cuts do not count."""
    if is_any_hour:
        times = Times(_ALWAYS, (), times.running)
    return free_times(times, starts_at, ends_at, may_load_sessions=may_load_sessions)


def hindrance(times: Times, starts_at: int, *, may_load_sessions: bool) -> str:
    """Return why a site that cannot be tested in a window cannot be, of testable.REASONS: what hinders first."""
    return may_test(times, starts_at, may_load_sessions=may_load_sessions).reason
