"""The hours under way: readings are added up in memory and written a few devices at a time, never one by one.

A crash loses what was not written yet, some minutes of history; nothing that is judged or settled depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import Connection

from collector.intake.readings import Reading
from collector.store.intake import rollups
from collector.store.intake.rollups import Rollup
from contract.clock import HOUR_US, SECOND_US

ROUND_US = 60 * SECOND_US  # a device is written at most so often
MOST_AT_ONCE = 600  # rows in a transaction: 40,000 devices take about five minutes at one a second


class Hourly:
    """Adds readings up by hour, device and metric; see the module."""

    def __init__(self) -> None:
        self._added: dict[tuple[int, int, str], Rollup] = {}
        self._to_write: list[Rollup] = []
        self._began_at = 0

    def add(self, readings: Iterable[Reading]) -> None:
        """Add readings whose transaction has committed."""
        for device_id, at, metric, value in readings:
            key = at - at % HOUR_US, device_id, metric
            rollup = self._added.get(key)
            if rollup is None:
                self._added[key] = Rollup(*key, 1, value, value, value)
            else:
                rollup.add(value)

    def write(self, connection: Connection, now: int) -> None:
        """Write some of what was added, the devices of an hour side by side; call it about once a second."""
        if not self._to_write and now >= self._began_at + ROUND_US:
            self._begin(now)
        chunk = list(islice(self._to_write, MOST_AT_ONCE))
        rollups.save(connection, chunk)
        del self._to_write[: len(chunk)]

    def write_all(self, connection: Connection, now: int) -> None:
        """Write everything: nothing more will be added."""
        rollups.save(connection, self._to_write)
        self._begin(now)
        rollups.save(connection, self._to_write)
        self._to_write = []

    def _begin(self, now: int) -> None:
        self._began_at = now
        self._to_write = [self._added[key] for key in sorted(self._added)]
        self._added = {}
