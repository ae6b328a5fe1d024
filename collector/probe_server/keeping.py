"""Writes down, every second, what the ledger must not forget; while that fails the ledger goes on, and it is kept."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading

from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.ledger.store import KEPT_SLOTS, Store
from collector.probe_server.ledger.terms import Booking, Ended

_EVERY_S = 1.0
_log = logging.getLogger(__name__)


class Keeping:
    """What a store has not taken yet, and how often it failed; without a store nothing is kept."""

    def __init__(self, ledger: Ledger, store: Store | None = None) -> None:
        self.failures = 0
        self._ledger = ledger
        self._store = store
        self._lock = threading.Lock()
        self._changed: dict[str, Booking | None] = {}
        self._ended: list[Ended] = []
        self._trouble = ""

    @property
    def unwritten(self) -> int:
        """How many bookings and ended slots wait to be written."""
        return len(self._changed) + len(self._ended)

    async def keep(self) -> None:
        """Write for good."""
        while True:
            await asyncio.sleep(_EVERY_S)
            self._gather()
            await asyncio.to_thread(self._write)

    def finish(self) -> None:
        """Write what has changed since the last time; to be called at the end."""
        self._gather()
        self._write()
        if self._store is not None and self.unwritten:
            _log.error("%d bookings and slots of the ledger are lost", self.unwritten)

    def _gather(self) -> None:
        with self._lock:
            changed, ended = self._ledger.take_changes()
            self._changed.update(changed)
            self._ended = [*self._ended, *ended][-KEPT_SLOTS:]

    def _write(self) -> None:
        with self._lock:
            if self._store is None or not self.unwritten:
                return
            try:
                self._store.save(self._changed, self._ended)
                self._changed, self._ended, trouble = {}, [], ""
            except sqlite3.Error as error:
                self.failures += 1
                trouble = str(error)
            if trouble != self._trouble:
                told = f"cannot be written, and is kept in memory: {trouble}" if trouble else "is written again"
                _log.error("the ledger %s", told)
                self._trouble = trouble
