"""The queue between the MQTT client's thread and ingest: bounded, never blocking, never raising."""

from __future__ import annotations

import threading
from collections import OrderedDict

from collector.intake.arrival import Arrival

MOST_BYTES = 256 * 1024 * 1024  # waiting: the first reports of 40,000 devices, all at once
_OVERHEAD_BYTES = 450  # of the objects that an arrival is made of, and of its place here
_SNAPSHOT = "/up/snapshot"


class Uplink:
    """Takes arrivals from any thread. When it is full they are discarded and counted: agents send again.

    A snapshot takes the place of the same device's that waits: the last one counts, and a centre that is behind
    has better things to do than to read the others.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._waiting: OrderedDict[object, Arrival] = OrderedDict()  # snapshots by topic, all else by nothing
        self._most_bytes = most_bytes
        self._filled = threading.Event()
        self._lock = threading.Lock()
        self._bytes = 0
        self._discarded = 0

    def put(self, arrival: Arrival) -> None:
        """Queue an arrival, or discard it."""
        place = arrival.topic if arrival.topic.endswith(_SNAPSHOT) else object()
        with self._lock:
            replaced = self._waiting.get(place)
            if replaced is None and self._bytes >= self._most_bytes:
                self._discarded += 1
                return
            self._bytes += _bytes_of(arrival) - (_bytes_of(replaced) if replaced else 0)
            self._waiting[place] = arrival
        self._filled.set()

    def take(self, most: int, wait_s: float) -> list[Arrival]:
        """Return up to `most` arrivals, waiting at most `wait_s` for the first."""
        if not self._waiting:
            self._filled.wait(wait_s)
        self._filled.clear()
        with self._lock:
            taken = [self._waiting.popitem(last=False)[1] for _ in range(min(most, len(self._waiting)))]
            self._bytes -= sum(map(_bytes_of, taken))
        return taken

    @property
    def waiting(self) -> int:
        """How many arrivals wait to be taken."""
        return len(self._waiting)

    @property
    def discarded(self) -> int:
        """How many arrivals were discarded and not yet settled."""
        return self._discarded

    def settle(self, discarded: int) -> None:
        """Take so many off the count: they stand in the database now."""
        with self._lock:
            self._discarded -= discarded


def _bytes_of(arrival: Arrival) -> int:
    return _OVERHEAD_BYTES + len(arrival.topic) + len(arrival.payload)
