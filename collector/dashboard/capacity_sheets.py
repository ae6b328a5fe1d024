"""The capacity sheet for whoever asks for it, read anew only when something that it rests on has changed."""

from __future__ import annotations

import threading
from collections.abc import Collection

from collector.store.queries.capacity import Row, capacities
from collector.store.scope import Sight, Units

_RESTS_ON = frozenset({"capacity", "participation", "site", "session"})
_MOST = 100  # sheets kept: by session, and by what of the country is seen


class CapacitySheets:
    """The sheets of one web process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, Units], list[Row]] = {}
        self._noted = 0
        self._lock = threading.Lock()

    def note(self, kinds: Collection[str] | None) -> None:
        """Take notice that something of these kinds has changed; None: anything may have."""
        if kinds is None or not _RESTS_ON.isdisjoint(kinds):
            with self._lock:
                self._noted += 1
                self._kept.clear()

    def of(self, sight: Sight, session_id: int) -> list[Row]:
        """Return the sheet of a session as far as it is seen."""
        key, noted = (session_id, sight.units), self._noted
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        rows = capacities(sight, session_id)
        with self._lock:
            if noted == self._noted:  # else something changed while it was read
                if len(self._kept) >= _MOST:
                    self._kept.clear()
                self._kept[key] = rows
        return rows
