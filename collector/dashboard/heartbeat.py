"""A device's last day in half-hours: connected, partly, away while its site was open, or off with its site. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

from collector.judge.calendar import Calendar, Stretch, stretch
from contract.clock import SECOND_US

CELLS = 48
CELL_US = 30 * 60 * SECOND_US
HOURS = CELLS // 2 + 1  # of roll-ups: the first is shown in half
KINDS = ("connected", "partly", "away", "off_hours", "never")
_SNAPSHOT_EVERY_US = 60 * SECOND_US
_NEARLY_ALL = 0.9  # our own choice: a snapshot is lost now and then


class Cell(NamedTuple):
    """A half-hour, from when, and of which kind it was."""

    at: int
    kind: str


class Run(NamedTuple):
    """Cells of one kind, one after the other."""

    kind: str
    starts_at: int
    ends_at: int


def cells(
    heard: Mapping[int, float], calendar: Calendar, enrolled_at: int, connected_at: int | None, now: int
) -> list[Cell]:
    """Return the last day's cells, the present one last.

    heard: snapshots by the start of their half-hour; connected_at: since when it is connected now, None if it is not.
    """
    last_at = now - now % CELL_US
    opening: Stretch | None = None
    found = []
    for at in range(last_at - (CELLS - 1) * CELL_US, last_at + 1, CELL_US):
        middle = at + CELL_US // 2
        if opening is None or (opening.ends_at is not None and middle >= opening.ends_at):
            opening = stretch(calendar, middle)
        share = _share(heard.get(at, 0.0), at, enrolled_at, connected_at, now)
        if share is None:
            kind = "never"
        elif share > 0:
            kind = "connected" if share >= _NEARLY_ALL else "partly"
        else:
            kind = "away" if opening.is_open else "off_hours"
        found.append(Cell(at, kind))
    return found


def runs(bar: Iterable[Cell]) -> list[Run]:
    """Return the same as runs of one kind."""
    grouped = ((kind, list(group)) for kind, group in groupby(bar, key=lambda cell: cell.kind))
    return [Run(kind, group[0].at, group[-1].at + CELL_US) for kind, group in grouped]


def _share(heard: float, at: int, enrolled_at: int, connected_at: int | None, now: int) -> float | None:
    """Return how much of the cell the device was connected; None when it did not exist in it."""
    starts_at, ends_at = max(at, enrolled_at), min(at + CELL_US, now)
    if at + CELL_US <= enrolled_at:
        return None
    known_us = 0  # of its connection now: the roll-ups lag behind by minutes
    if connected_at is not None and connected_at < at + CELL_US:
        known_us = max(ends_at - max(connected_at, starts_at), _SNAPSHOT_EVERY_US)
    lasted_us = max(ends_at - starts_at, _SNAPSHOT_EVERY_US)
    return min(1.0, max(heard * _SNAPSHOT_EVERY_US, known_us) / lasted_us)
