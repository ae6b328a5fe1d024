"""What a ledger has counted since it began."""

from __future__ import annotations

from collections import Counter


class Reruns:
    """How many runs of each device were booked again today (UTC)."""

    def __init__(self) -> None:
        self._day = 0
        self._runs: Counter[str] = Counter()

    def add(self, device: str, now_s: float) -> int:
        """Count one, and return how many it makes."""
        if (day := int(now_s // 86_400)) != self._day:
            self._day = day
            self._runs.clear()
        self._runs[device] += 1
        return self._runs[device]


class Totals:
    """What has happened since the ledger began."""

    __slots__ = ("expired_bookings", "expired_slots", "granted", "rebooked")

    def __init__(self) -> None:
        self.granted = [0, 0]
        self.expired_slots = self.expired_bookings = self.rebooked = 0
