"""Which gate of a session counts at a moment."""

from __future__ import annotations

from typing import Any, NamedTuple

from provisioning.gates import DUE_GATES, GATES, Gate

__all__ = ["GATES", "Gate", "InForce", "gate_in_force", "is_live"]


class InForce(NamedTuple):
    """The gate that counts now, and until when; None: for good."""

    name: str
    until: int | None


def is_live(starts_at: Any, now: int) -> Any:
    """Tell whether T-1h has passed: from then on it counts who is connected. Of a column, tell it in SQL."""
    return starts_at - DUE_GATES[-1].before_start_us <= now


def gate_in_force(starts_at: int, now: int) -> InForce:
    """Return the next gate not yet passed; once T-1h has passed, and for good, it is `live`."""
    for gate in DUE_GATES:
        passes_at = starts_at - gate.before_start_us
        if now < passes_at:
            return InForce(gate.name, passes_at)
    return InForce("live", None)
