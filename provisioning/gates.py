"""The gates of a session: the moments before it at which readiness is asked for."""

from __future__ import annotations

from typing import NamedTuple

from contract.clock import DAY_US, HOUR_US


class Gate(NamedTuple):
    """A gate and how long before the session's start it stands."""

    name: str
    before_start_us: int


GATES = (
    Gate("T-14d", 14 * DAY_US),
    Gate("T-7d", 7 * DAY_US),
    Gate("T-1d", DAY_US),
    Gate("T-1h", HOUR_US),
    Gate("live", 0),
)
DUE_GATES = GATES[:-1]  # those at which something is due beforehand
