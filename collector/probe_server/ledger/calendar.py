"""When the work booked under one cap is to be done: how full each stretch of ten seconds is."""

from __future__ import annotations

WIDTH_S = 10.0


class Calendar:
    """Work by stretch of time; none gets more than the rate allows, what is over runs into the next ones."""

    __slots__ = ("_first", "_most_bits", "_work_bits")

    def __init__(self) -> None:
        self._most_bits = 0.0
        self._work_bits: dict[int, float] = {}
        self._first = 0  # every stretch before it is full or over

    def change(self, rate_bps: float) -> None:
        """Allow another rate from now on; what is booked stays where it is."""
        self._most_bits = rate_bps * WIDTH_S
        self._first = 0

    def next_open(self, stretch: int) -> int:
        """Return the first stretch from this one on that is not full."""
        is_first = stretch <= self._first
        stretch = max(stretch, self._first)
        while self._work_bits.get(stretch, 0.0) >= self._most_bits:
            stretch += 1
        if is_first:
            self._first = stretch
        return stretch

    def fullness(self, stretch: int) -> float:
        """Return which part of a stretch is taken, 0 to 1."""
        return min(1.0, self._work_bits.get(stretch, 0.0) / self._most_bits) if self._most_bits else 1.0

    def add(self, stretch: int, work_bits: float) -> None:
        """Book work from a stretch on."""
        while work_bits > 0:
            booked_bits = self._work_bits.get(stretch, 0.0)
            taken_bits = min(work_bits, max(0.0, self._most_bits - booked_bits))
            self._work_bits[stretch] = booked_bits + taken_bits
            work_bits -= taken_bits
            stretch += 1

    def put_back(self, stretch: int, work_bits: float) -> None:
        """Book work at the stretch that was found for it before a restart."""
        self._work_bits[stretch] = self._work_bits.get(stretch, 0.0) + work_bits

    def remove(self, stretch: int, work_bits: float) -> None:
        """Give back what was booked from a stretch on."""
        self._first = min(self._first, stretch)
        while work_bits > 0 and stretch in self._work_bits:
            taken_bits = min(work_bits, self._work_bits[stretch])
            self._work_bits[stretch] -= taken_bits
            work_bits -= taken_bits
            stretch += 1

    def forget_before(self, stretch: int) -> None:
        """Drop what is over, and note up to where all is full."""
        if not self._work_bits:
            return
        for old in [number for number in self._work_bits if number < stretch]:
            del self._work_bits[old]
        self._first = self.next_open(stretch)
