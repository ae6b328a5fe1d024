"""The round trip beside a transfer: small packets to the reflector for as long as it lasts."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import Iterator, List, NamedTuple, Optional

from agent import packets
from agent.formulas.delays import percentile

_INTERVAL_S = 0.05
_LATEST_S = 0.55  # the hold, as short as it can be
_LATEST = 4


class Trip(NamedTuple):
    """A packet that came back: when, and how long it took."""

    arrived_s: float
    round_trip_ms: float


class Watch:
    """What the packets told so far."""

    def __init__(self) -> None:
        self.trips: List[Trip] = []

    def latest_ms(self, ended_s: float) -> Optional[float]:
        """Return the median round trip of the last packets before a transfer ended; None when none came back.

        The last ones, because only then the transfer is at the pace of the event: before, it was emptying a bucket.
        """
        trips = [trip for trip in self.trips if trip.arrived_s <= ended_s]
        latest = [trip for trip in trips if trip.arrived_s >= ended_s - _LATEST_S] or trips[-_LATEST:]
        return percentile([trip.round_trip_ms for trip in latest], 0.5)


@contextmanager
def watched(host: str, udp_port: int) -> Iterator[Watch]:
    """Watch the round trip for as long as the context lasts."""
    watch, stop = Watch(), threading.Event()

    def told(arrived_s: float, echo: packets.Echo) -> None:
        watch.trips.append(Trip(arrived_s, echo.rtt_ms))

    def run() -> None:
        with suppress(OSError):
            packets.keep_asking(host, udp_port, _INTERVAL_S, stop.is_set, told)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
