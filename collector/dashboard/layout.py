"""Where each province's tile lies: a grid that has the country's shape, one text file for each division of it.

A file's lines are the rows from north to south, its words the codes of units; ... is an empty cell. Two districts have
tiles of their own: Hoàng Sa and Trường Sa are never left out.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from collector.dashboard.labels import Names

LAYOUTS = (("2025-06-30", "provinces_63.txt"),)  # the last day on which each division is in force, earliest first
ISLANDS: Names = {
    "498": ("QĐ. Hoàng Sa", "Hoàng Sa Islands"),
    "576": ("QĐ. Trường Sa", "Trường Sa Islands"),
}
_FOLDER = Path(__file__).parent / "layouts"
_EMPTY = "..."


class Cell(NamedTuple):
    """The place of a unit's tile; column and row count from 1."""

    code: str
    column: int
    row: int


def layout_of(day: str) -> tuple[Cell, ...]:
    """Return the layout of the division in force on an ISO day; after the last that is known, the last."""
    return _read(next((file for last_day, file in LAYOUTS if day <= last_day), LAYOUTS[-1][1]))


@cache
def _read(file: str) -> tuple[Cell, ...]:
    lines = (_FOLDER / file).read_text(encoding="utf-8").splitlines()
    return tuple(
        Cell(code, column, row)
        for row, line in enumerate(lines, start=1)
        for column, code in enumerate(line.split(), start=1)
        if code != _EMPTY
    )
