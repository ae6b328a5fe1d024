"""What many readers ask for alike, read once for all of them: the latest reading is told again for two seconds."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from collector.store.queries import changes
from collector.store.scope import Sight

GAP_S = 2.0  # while changes come, so old may a reading be
MOST = 500  # readings kept; those asked for longest ago go first

Value = TypeVar("Value")


class _Kept:
    """A reading: what was read, when (monotonic seconds), and the last change that it knows of; or none as yet."""

    __slots__ = ("at_s", "change_id", "lock", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.at_s: float | None = None
        self.change_id = 0
        self.lock = threading.Lock()


class Readings:
    """The latest readings, by subject and by what of the country is seen."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self,
        sight: Sight,
        subject: Hashable,
        read: Callable[[], Value],
        *,
        lasts_unchanged: bool = False,
        lasts_s: float = 0.0,
    ) -> Value:
        """Return what `read` returns, or returned lately; while somebody reads it anew, what was told before.

        lasts_unchanged: it is told again for as long as no change row has come, so it must depend on nothing else.
        lasts_s: it is told again for so long in any case; else for two seconds.
        """
        kept = self._find((subject, sight.units, sight.only))
        lasts_s = max(lasts_s, GAP_S)
        if self._is_fresh(sight, kept, lasts_s, lasts_unchanged) or not kept.lock.acquire(blocking=kept.at_s is None):
            return kept.value  # type: ignore[no-any-return]
        try:
            if not self._is_fresh(sight, kept, lasts_s, lasts_unchanged):  # else it was read by whoever had the lock
                change_id, at_s = changes.last_id(sight.connection), time.monotonic()
                kept.value = read()
                kept.change_id, kept.at_s = change_id, at_s
            return kept.value  # type: ignore[no-any-return]
        finally:
            kept.lock.release()

    def _find(self, key: Hashable) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
            return kept

    def _is_fresh(self, sight: Sight, kept: _Kept, lasts_s: float, lasts_unchanged: bool) -> bool:
        if kept.at_s is None:
            return False
        is_young = time.monotonic() < kept.at_s + lasts_s
        return is_young or (lasts_unchanged and changes.last_id(sight.connection) == kept.change_id)
