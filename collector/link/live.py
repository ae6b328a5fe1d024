"""Live mode: who is seen in a session ticks and keeps its connection alive faster, so that a cut shows in seconds.

A device knows neither its role nor the session's times; it is told by a command that stays with the broker.
"""

from __future__ import annotations

from collections.abc import Sequence

from collector.link.connection import Connection
from collector.link.outbox import Outbox
from collector.store.intake.lively import Lively
from contract import wire
from contract.clock import SECOND_US

_ID = "live"
_MOST_S = 86_400
_OVER = 0


class Live:
    """Tells devices when live mode begins and ends for them, once each, and again to brokers that come back."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._told: dict[str, int] = {}  # by device: until when, or that it is over
        self.device_ids: frozenset[int] = frozenset()  # of those in live mode

    def follow(self, found: Sequence[Lively], now: int) -> None:
        """Tell what has changed since the last time; a device that is not found any more is told that it is over."""
        until = {name: _OVER for name, at in self._told.items() if at != _OVER}
        until |= {one.name: one.ends_at if one.ends_at > now else _OVER for one in found}
        for name, at in until.items():
            if self._told.get(name) != at:
                self._outbox.leave_command(name, _command(at, now))
        self._told = until  # replaced, never changed: `greet` reads it in another thread
        self.device_ids = frozenset(one.device_id for one in found if one.ends_at > now)

    def greet(self, edge: Connection, now: int) -> None:
        """Tell a broker that has come back what holds: it may have kept another word."""
        for name, at in self._told.items():
            self._outbox.leave_command(name, _command(at, now), [edge])


def _command(ends_at: int, now: int) -> wire.Command:
    holds_s = max(0, ends_at - now) // SECOND_US
    return wire.Command(_ID, "live", min(holds_s, _MOST_S), ())
