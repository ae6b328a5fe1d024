"""By when provinces must have done what a gate asks for, and who is late. Pure.

A gate's moment is told from the session's start; a province may have a deadline of its own. Whatever moves the session
moves them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from provisioning.gates import DUE_GATES

DONE, OPEN, LATE, OVER, NOTHING = "done", "open", "late", "over", "nothing"
PRESENCE_GATE = "T-1h"  # what it asks for is true or not at each moment, so after the session it is nobody's duty


class Due(NamedTuple):
    """Of a province at a gate: of how many sites something is due, and how many lack it."""

    unit_id: int
    gate: str
    sites: int
    lacking: int


class Span(NamedTuple):
    """When a session takes place, microseconds UTC."""

    starts_at: int
    ends_at: int


class Cell(NamedTuple):
    """What a province has done for a gate."""

    gate: str
    due_at: int
    is_own: bool  # a deadline of the province's own
    sites: int
    lacking: int
    state: str


class Lateness(NamedTuple):
    """A province before the gates of a session, the earliest first."""

    unit_id: int
    cells: tuple[Cell, ...]

    @property
    def late(self) -> int:
        """Count the sites that lack something whose time is over, each once for each gate."""
        return sum(cell.lacking for cell in self.cells if cell.state == LATE)


class Whole(NamedTuple):
    """A gate for the whole of what is seen: its moment, what is lacking, and how many provinces are late."""

    gate: str
    at: int
    sites: int
    lacking: int
    late_units: int


def lateness(dues: Iterable[Due], own: Mapping[tuple[int, str], int], span: Span, now: int) -> list[Lateness]:
    """Return each province before the gates, those that are late first; `own`: deadlines by (unit id, gate)."""
    found: dict[int, dict[str, Due]] = {}
    for due in dues:
        found.setdefault(due.unit_id, {})[due.gate] = due
    told = [
        Lateness(unit_id, tuple(_cell(of_gate[gate.name], gate.before_start_us, own, span, now) for gate in DUE_GATES))
        for unit_id, of_gate in found.items()
    ]
    return sorted(told, key=lambda one: -one.late)


def wholes(told: Iterable[Lateness], span: Span) -> list[Whole]:
    """Return the gates of a session over all provinces."""
    columns = list(zip(*(one.cells for one in told), strict=True)) or [()] * len(DUE_GATES)
    return [
        Whole(
            gate.name,
            span.starts_at - gate.before_start_us,
            sum(cell.sites for cell in cells),
            sum(cell.lacking for cell in cells),
            sum(cell.state == LATE for cell in cells),
        )
        for gate, cells in zip(DUE_GATES, columns, strict=True)
    ]


def _cell(due: Due, before_start_us: int, own: Mapping[tuple[int, str], int], span: Span, now: int) -> Cell:
    agreed = own.get((due.unit_id, due.gate))
    due_at = span.starts_at - (before_start_us if agreed is None else agreed)
    return Cell(due.gate, due_at, agreed is not None, due.sites, due.lacking, _state(due, due_at, span, now))


def _state(due: Due, due_at: int, span: Span, now: int) -> str:
    if not due.sites:
        return NOTHING
    if due.gate == PRESENCE_GATE and now > span.ends_at:
        return OVER
    if not due.lacking:
        return DONE
    return LATE if now >= due_at else OPEN
