"""Which sites a page of a list shows, and how many the filter leaves: read once for all who ask alike."""

from __future__ import annotations

from typing import NamedTuple

from collector.dashboard.readings import Readings
from collector.store.queries import paging, sites
from collector.store.queries.filters import Conditions, Filter, conditions
from collector.store.scope import Sight

_AHEAD = 4 * paging.PAGE_SIZE  # sites looked up at once: most searches end within them, and need no counting


class Listed(NamedTuple):
    """The participations on a page, in order, and how many there are on all pages."""

    ids: list[int]
    found: int


def listed(
    readings: Readings,
    sight: Sight,
    session_id: int,
    chosen: Filter,
    now: int,
    number: int = 1,
    sort: str = sites.SORTS[0],
) -> Listed:
    """Return page `number` (from 1) of the sites that a filter leaves, as old as the last change or two seconds."""

    def read() -> Listed:
        where = conditions(sight, session_id, chosen, now)
        ids = sites.page(sight, session_id, where, number, sort, most=_AHEAD)
        is_end = len(ids) < _AHEAD and (number == 1 or ids)
        found = paging.rows_before(number) + len(ids) if is_end else count(readings, sight, session_id, chosen, where)
        return Listed(ids[: paging.PAGE_SIZE], found)

    subject = ("listed", session_id, chosen, number, sort)
    return readings.of(sight, subject, read, lasts_unchanged=_lasts(chosen))


def count(readings: Readings, sight: Sight, session_id: int, chosen: Filter, where: Conditions) -> int:
    """Return how many sites of a session a filter leaves, by its conditions; as old as the last change or 2 s."""
    subject = ("sites", session_id, chosen)
    return readings.of(sight, subject, lambda: sites.count(sight, session_id, where), lasts_unchanged=_lasts(chosen))


def _lasts(chosen: Filter) -> bool:
    """Tell whether only changes change the list; presence turns with the hours of the sites as well."""
    return not chosen.presence
