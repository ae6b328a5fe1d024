"""The round trip beside a transfer: small packets to the reflector for as long as it lasts."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Optional

from agent import packets
from agent.formulas.delays import percentile

_PACKETS = 4
_INTERVAL_S = 0.05
_WAIT_S = 1.5
_LATEST_S = 0.6


class Batch(NamedTuple):
    """A few packets: when they began, and their round trips."""

    began_s: float
    round_trips_ms: List[float]


class Watch:
    """What the packets told so far."""

    def __init__(self) -> None:
        self.batches: List[Batch] = []

    def latest_ms(self, ended_s: float) -> Optional[float]:
        """Return the median round trip of the last packets before a transfer ended; None when none came back.

        The last ones, because only then the transfer is at the pace of the event: before, it was emptying a bucket.
        """
        latest = [batch for batch in self.batches if batch.began_s >= ended_s - _LATEST_S] or self.batches[-1:]
        return percentile([trip for batch in latest for trip in batch.round_trips_ms], 0.5)


@contextmanager
def watched(host: str, udp_port: int) -> Iterator[Watch]:
    """Watch the round trip for as long as the context lasts."""
    watch, stop = Watch(), threading.Event()

    def run() -> None:
        while not stop.is_set():
            began_s = time.perf_counter()
            try:
                echoes = packets.exchange(host, udp_port, _PACKETS, _INTERVAL_S, _WAIT_S)
            except OSError:
                return
            watch.batches.append(Batch(began_s, [echo.rtt_ms for echo in echoes]))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()
