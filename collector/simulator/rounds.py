"""Which probes a device runs together and when, as the real agent does."""

from __future__ import annotations

import random

from collector.simulator.timetable import NEVER_S

LIGHT_ROUND_S, LINE_ROUND_S = 3600.0, 43_200.0
EQUIPMENT = ("camera", "sound", "display", "power")
LIGHT = ("host", "network", "path", "software", "clock", *EQUIPMENT)
LINE = ("line", "path")
INVENTORY = ("host", "network", "software", *EQUIPMENT)
EVERYTHING = ("host", "network", "software", "clock", *EQUIPMENT, "line", "path")


class Round:
    """A round that goes on, and what it will report once it is over."""

    __slots__ = ("done", "ends_at_s", "occasion", "probes")

    def __init__(self, ends_at_s: float, occasion: str, probes: tuple[str, ...], done: tuple[str, ...] = ()) -> None:
        self.ends_at_s = ends_at_s
        self.occasion = occasion
        self.probes = probes
        self.done = done


class Rounds:
    """The rounds of a device: when the next are due by their periods, and those that go on."""

    __slots__ = ("_going", "_light_at_s", "_line_at_s")

    def __init__(self) -> None:
        self._going: list[Round] = []
        self._light_at_s = self._line_at_s = NEVER_S

    @property
    def next_s(self) -> float:
        """When one is due, or over."""
        ends_s = min((going.ends_at_s for going in self._going), default=NEVER_S)
        return min(ends_s, self._light_at_s, self._line_at_s)

    def start(self, now_s: float, chance: random.Random) -> None:
        """Be due by the periods from now on."""
        self._light_at_s = now_s + LIGHT_ROUND_S * chance.uniform(0.1, 1.0)
        self._line_at_s = now_s + LINE_ROUND_S * chance.uniform(0.1, 1.0)

    def stop(self) -> None:
        """Be due no more, and give up those that go on."""
        self.drop()
        self._light_at_s = self._line_at_s = NEVER_S

    def drop(self) -> None:
        """Give up those that go on."""
        self._going.clear()

    def take_due(self, now_s: float) -> list[tuple[str, ...]]:
        """Return the probes of each round that is due, and count it as taken."""
        due: list[tuple[str, ...]] = []
        if now_s >= self._light_at_s:
            self._light_at_s += LIGHT_ROUND_S
            due.append(LIGHT)
        if now_s >= self._line_at_s:
            self._line_at_s += LINE_ROUND_S
            due.append(LINE)
        return due

    def begin(self, begun: Round) -> None:
        """Have one go on until it is over."""
        self._going.append(begun)

    def take_over(self, now_s: float) -> list[Round]:
        """Return those that are over, which go on no more."""
        over = [going for going in self._going if now_s >= going.ends_at_s]
        for ended in over:
            self._going.remove(ended)
        return over

    def does(self, command: str) -> bool:
        """Tell whether one goes on for this command."""
        return any(command in going.done for going in self._going)
