"""The gates of a session: the moments before it at which readiness is asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

_HOUR_US = 3_600_000_000


class Gate(NamedTuple):
    """A gate and how long before the session's start it stands."""

    name: str
    before_start_us: int


GATES = (
    Gate("T-14d", 14 * 24 * _HOUR_US),
    Gate("T-7d", 7 * 24 * _HOUR_US),
    Gate("T-1d", 24 * _HOUR_US),
    Gate("T-1h", _HOUR_US),
    Gate("live", 0),
)


class InForce(NamedTuple):
    """The gate that counts now, and until when; None: for good."""

    name: str
    until: int | None


def is_live(starts_at: Any, now: int) -> Any:
    """Tell whether T-1h has passed: from then on it counts who is connected. Of a column, tell it in SQL."""
    return starts_at - _HOUR_US <= now


def gate_in_force(starts_at: int, now: int) -> InForce:
    """Return the next gate not yet passed; once T-1h has passed, and for good, it is `live`."""
    for gate in GATES[:-1]:
        passes_at = starts_at - gate.before_start_us
        if now < passes_at:
            return InForce(gate.name, passes_at)
    return InForce("live", None)
