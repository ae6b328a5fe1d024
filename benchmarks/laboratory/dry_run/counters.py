"""The probe server's own counters, read every second while a dry run goes on."""

from __future__ import annotations

import re
import threading
import time
import urllib.request
from typing import NamedTuple

_EVERY_S = 1.0
_LINE = re.compile(r"^diemcau_probe_(\w+?)(?:_total)?(?:\{([^}]*)\})? ([-+.\de]+)$", re.MULTILINE)


class Reading(NamedTuple):
    """One reading; rates in bit/s."""

    at_s: float  # of the monotonic clock
    capacity_bps: float
    reserved_bps: float
    moved_bps: float  # since the reading before, both directions
    slots: float
    places: float  # devices that hold a slot, wait or are booked
    active_transfers: float
    loop_lag_s: float


class Counters:
    """Reads in a thread of its own; a server that does not answer is left out."""

    def __init__(self, port: int, every_s: float = _EVERY_S) -> None:
        self.readings: list[Reading] = []
        self.server_limited = 0.0
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read_on, daemon=True)

    def __enter__(self) -> Counters:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _read_on(self) -> None:
        before_s, before_bytes = 0.0, -1.0
        while not self._over.wait(self._every_s):
            try:
                text = urllib.request.urlopen(self._url, timeout=5).read().decode()
            except OSError:
                before_bytes = -1.0
                continue
            now_s, sums = time.monotonic(), _sums(text)
            moved = sums.get("transferred_bytes", 0.0)
            # Started anew it counts from zero: then there is nothing to compare with.
            bps = (moved - before_bytes) * 8 / (now_s - before_s) if 0 <= before_bytes <= moved else 0.0
            self.server_limited = sums.get("server_limited", 0.0)
            self.readings.append(
                Reading(
                    now_s,
                    sums["capacity_bps"],
                    sums["reserved_bps"],
                    bps,
                    sums["slots"],
                    sums["slots"] + sums["waiting"] + sums["booked"],
                    sums["active_transfers"],
                    sums["loop_lag_seconds"],
                )
            )
            before_s, before_bytes = now_s, moved

    def idle_after_s(self, moment_us: int) -> float:
        """Return how long after a moment (microseconds UTC) a reading found no slot and no transfer first."""
        ahead_s = time.time() - time.monotonic()
        idle = (one.at_s + ahead_s - moment_us / 1e6 for one in self.readings if not one.slots + one.active_transfers)
        return next((after_s for after_s in idle if after_s > 0), float("inf"))

    @property
    def highest_reserved(self) -> float:
        """The most that was reserved, as a share of the capacity."""
        return max((one.reserved_bps / one.capacity_bps for one in self.readings), default=0.0)

    @property
    def highest_moved(self) -> float:
        """The most that moved in a second, as a share of the capacity."""
        return max((one.moved_bps / one.capacity_bps for one in self.readings), default=0.0)


def _sums(text: str) -> dict[str, float]:
    """Return each figure, summed over its labels."""
    sums: dict[str, float] = {}
    for name, _, value in _LINE.findall(text):
        sums[name] = sums.get(name, 0.0) + float(value)
    return sums
