"""When each device is to be looked at next: one heap for all, instead of a task for each."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Protocol

NEVER_S = float("inf")


class Sleeper(Protocol):
    """Something that waits for its turn."""

    turn_at_s: float  # the timetable's own to write

    def turn(self, now_s: float) -> None:
        """Do what is due."""


class Timetable:
    """Wakes sleepers at their times; all times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Sleeper]] = []
        self._count = 0

    def wake(self, sleeper: Sleeper, at_s: float) -> None:
        """Give a sleeper its turn at this time, unless it has an earlier one."""
        if at_s < sleeper.turn_at_s:
            sleeper.turn_at_s = at_s
            self._count += 1  # among equal times the first to ask is the first to wake
            heapq.heappush(self._heap, (at_s, self._count, sleeper))

    def due(self, now_s: float) -> Iterator[Sleeper]:
        """Return those whose time has come, each once and free to be woken again."""
        while self._heap and self._heap[0][0] <= now_s:
            at_s, _, sleeper = heapq.heappop(self._heap)
            if at_s == sleeper.turn_at_s:  # else it was woken earlier, and this turn is void
                sleeper.turn_at_s = NEVER_S
                yield sleeper
