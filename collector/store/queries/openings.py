"""When a campaign may test its sites: the same for all that share their calendar and power cuts."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from collector.dryrun.testable import Times, at_any_hour, free_times, may_test
from collector.judge.calendar import Spans
from collector.store.queries.presences import Sites
from collector.store.queries.times import times_of
from collector.store.scope import country


class Windowed(Protocol):
    """A campaign, or the wish for one."""

    @property
    def closes_at(self) -> int:
        """When its window ends."""

    @property
    def is_any_hour(self) -> bool:
        """Whether hours, holidays and power cuts do not count."""

    @property
    def may_load_sessions(self) -> bool:
        """Whether sites are tested while sessions run."""


class Opening(NamedTuple):
    """When a site may be tested, and why not when it never may."""

    spans: Spans
    reason: str


def of_sites(connection: Connection, sites: Sites, found: Windowed, starts_at: int) -> dict[int, Opening]:
    """Return when from a moment to the end of its window a campaign may test each site."""

    @cache
    def opening(times: Times) -> Opening:
        may_load_sessions = found.may_load_sessions
        counting = at_any_hour(times) if found.is_any_hour else times
        spans = free_times(counting, starts_at, found.closes_at, may_load_sessions=may_load_sessions)
        reason = "" if spans else may_test(times, starts_at, may_load_sessions=may_load_sessions).reason
        return Opening(spans, reason)

    return {site_id: opening(times) for site_id, times in times_of(country(connection), sites, starts_at).items()}
