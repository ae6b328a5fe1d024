"""When to tick and which probes to run: by periods with a phase of each device's own, so that they spread out."""

from __future__ import annotations

import hashlib
from typing import NamedTuple, Optional, Sequence, Tuple

from contract import wire

EQUIPMENT = ("camera", "sound", "display", "power")
LIGHT = ("host", "network", "path", "software", "clock", *EQUIPMENT)
LINE = ("line",)
_LINE_ROUND = ("line", "path")  # what the line's slot has a stream for
ON_DEMAND = ("speedtest",)  # by a person at the site alone: in no round, by no command
INVENTORY = ("host", "network", "software", *EQUIPMENT)
_AGAIN_S = 60.0
_NEVER_S = float("inf")
_TRIES = 5


class Due(NamedTuple):
    """A round that should start now."""

    occasion: str
    probes: Tuple[str, ...]  # empty: every probe


class Schedule:
    """The ticks and rounds of one device; all times are seconds of one monotonic clock."""

    def __init__(
        self, device: str, tick_s: float, light_round_s: float, line_round_s: float, line_from_s: float = 0.0
    ) -> None:
        """Take the periods; line_from_s: the first line round is not before this."""
        self._device = device
        self._line_from_s = line_from_s
        self._is_started = False
        self._dry_run = ""  # the last one that we heard of
        self._called_s = _NEVER_S  # when it has us measure the line
        self._tries_left = 0  # of the line, soon after one another
        self._tick_at_s = 0.0
        self._light_at_s = 0.0
        self._line_at_s = 0.0
        self.change_periods(tick_s, light_round_s, line_round_s, 0.0)

    def change_periods(self, tick_s: float, light_round_s: float, line_round_s: float, now_s: float) -> None:
        """Follow other periods from now on."""
        self._tick_s, self._light_s, self._line_s = tick_s, light_round_s, line_round_s
        self._tick_at_s = self._next("tick", tick_s, now_s)
        self._light_at_s = self._next("light", light_round_s, now_s)
        self._line_at_s = self._next("line", line_round_s, now_s)

    def change_tick(self, tick_s: float, now_s: float) -> None:
        """Tick by another period from now on; rounds stay as they are."""
        self._tick_s = tick_s
        self._tick_at_s = self._next("tick", tick_s, now_s)

    def hasten_tick(self) -> None:
        """Let the next tick be due at once: there is news to tell."""
        self._tick_at_s = 0.0

    def due_in_s(self, now_s: float) -> float:
        """Return how long nothing will be due; 0 when something is."""
        return max(0.0, min(self._tick_at_s, self._light_at_s, self._line_at_s) - now_s)

    def hasten_light(self, now_s: float) -> None:
        """Try the light probes again in a minute: their round could not be started, or was cut off."""
        self._light_at_s = min(self._light_at_s, now_s + _AGAIN_S)

    def line_failed(self, now_s: float) -> None:
        """Try the line again with the next light period, not only with its own, which is long.

        In a dry run some times sooner: its window is short, and what failed may be a probe server that starts anew.
        """
        wait_s = self._light_s
        if self._tries_left:
            self._tries_left -= 1
            wait_s = min(wait_s, _AGAIN_S * (1 + _share(f"{self._device} {self._tries_left}")))
        self._line_at_s = min(self._line_at_s, now_s + wait_s)

    def line_again(self, in_s: float, now_s: float) -> None:
        """Measure the line anew in so many seconds: it is booked for then, or what did not carry is to be confirmed."""
        self._line_at_s = min(self._line_at_s, now_s + in_s)

    def join(self, dry_run: wire.DryRun, now_s: float) -> bool:
        """Run a dry run's checks at a time of our own; tell whether we had not heard of it yet."""
        if dry_run.id == self._dry_run:
            return False
        self._dry_run = dry_run.id
        at_s = now_s + _share(f"{self._device} {dry_run.id}") * dry_run.spread_s
        if "equipment" in dry_run.checks:
            self._light_at_s = min(self._light_at_s, at_s)
        if "line" in dry_run.checks:
            self._called_s, self._tries_left = at_s, _TRIES
            self._line_at_s = min(self._line_at_s, at_s)
        return True

    def take_tick(self, now_s: float) -> bool:
        """Tell whether a tick is due, and count it as taken. Ticks that were missed are not made up for."""
        if now_s < self._tick_at_s:
            return False
        self._tick_at_s = self._next("tick", self._tick_s, now_s)
        return True

    def take_round(self, now_s: float) -> Optional[Due]:
        """Return the round that is due, and count it as taken: first at once, then by the periods."""
        if not self._is_started:
            return self._start(now_s)
        is_light, is_line = now_s >= self._light_at_s, now_s >= self._line_at_s
        if is_light:
            self._light_at_s = self._next("light", self._light_s, now_s)
        if is_line:
            self._line_at_s = self._next("line", self._line_s, now_s)
        probes = (LIGHT if is_light else ()) + (_LINE_ROUND if is_line else ())
        return Due("schedule", probes) if probes else None

    def _start(self, now_s: float) -> Due:
        self._is_started = True
        self._light_at_s = self._next("light", self._light_s, now_s)
        self._line_at_s = self._next("line", self._line_s, now_s)
        if now_s >= self._line_from_s:
            return Due("start", ())
        self._line_at_s = min(self._line_at_s, self._line_from_s, self._called_s)
        return Due("start", LIGHT)

    def _next(self, name: str, period_s: float, now_s: float) -> float:
        phase_s = _share(f"{self._device} {name}") * period_s
        return ((now_s - phase_s) // period_s + 1) * period_s + phase_s


def loads_line(probes: Sequence[str]) -> bool:
    """Tell whether a round of these probes loads the line; none named stands for every probe."""
    return not probes or any(name in LINE for name in probes)


def _share(text: str) -> float:
    """Return a number from 0 to 1 that is the same for the same text and spread evenly over different ones."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2.0**48
