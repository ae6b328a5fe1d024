"""What stands above the list of a session's sites: counts and choices, of which many readers share one reading."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from collector.store.queries import changes, places
from collector.store.queries.standings import count_levels, count_needs, count_owners, count_reasons
from collector.store.scope import Sight, Units

GAP_S = 2.0  # while changes come, so old may they be


class Totals(NamedTuple):
    """Sites by level, by owner of flags, by owner of what is known to be wrong, by reason; and what to choose among."""

    levels: dict[str, int]
    owners: dict[str, int]
    needs: dict[str, int]
    reasons: dict[str, int]
    places: list[places.Place]
    providers: dict[str, str]


class _Read(NamedTuple):
    totals: Totals
    change_id: int
    at_s: float


class Readings:
    """The latest totals by session and by what is seen, as old as the last change or two seconds."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, Units], _Read] = {}
        self._lock = threading.Lock()

    def of(self, sight: Sight, session_id: int) -> Totals:
        """Return the totals of a session; while somebody reads them anew, the ones of before."""
        key = (session_id, sight.units)
        found = self._read.get(key)
        if found is not None and self._is_fresh(sight, found):
            return found.totals
        if not self._lock.acquire(blocking=found is None):
            return found.totals  # type: ignore[union-attr]
        try:
            read = self._read.get(key)  # perhaps by whoever had the lock
            if read is not None and self._is_fresh(sight, read):
                return read.totals
            change_id, at_s = changes.last_id(sight.connection), time.monotonic()
            self._read[key] = _Read(_totals(sight, session_id), change_id, at_s)
            return self._read[key].totals
        finally:
            self._lock.release()

    def _is_fresh(self, sight: Sight, found: _Read) -> bool:
        return time.monotonic() < found.at_s + GAP_S or changes.last_id(sight.connection) == found.change_id


def _totals(sight: Sight, session_id: int) -> Totals:
    return Totals(
        count_levels(sight, session_id),
        count_owners(sight, session_id, of="sites"),
        count_needs(sight, session_id),
        count_reasons(sight, session_id),
        places.places(sight, session_id),
        places.providers(sight, session_id),
    )
