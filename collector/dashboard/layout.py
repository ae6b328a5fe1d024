"""Where each province's tile lies: a grid that has the country's shape, one text file for each division of it.

A file's lines are the rows from north to south, its words the codes of provinces; ... is an empty cell. Two units that
lie in provinces have tiles of their own, whatever their codes: Hoàng Sa and Trường Sa are never left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from collector.dashboard.labels import Names
from collector.store.queries.units import Unit

LAYOUTS = (("2025-06-30", "provinces_63.txt"),)  # the last day on which each division is in force, earliest first
ISLANDS: Names = {  # by the words that layouts have for them
    "hoang-sa": ("QĐ. Hoàng Sa", "Hoàng Sa Islands"),
    "truong-sa": ("QĐ. Trường Sa", "Trường Sa Islands"),
}
_ISLAND_OF = {  # districts until 2025-06-30, special zones since
    f"{kind} {name}": word
    for kind in ("Huyện", "Đặc khu")
    for name, word in (("Hoàng Sa", "hoang-sa"), ("Trường Sa", "truong-sa"))
}
_FOLDER = Path(__file__).parent / "layouts"
_EMPTY = "..."


class Cell(NamedTuple):
    """The place of a unit's tile; column and row count from 1."""

    code: str  # of a province, or the word for an archipelago
    column: int
    row: int


def layout_of(day: str) -> tuple[Cell, ...]:
    """Return the layout of the division in force on an ISO day; after the last that is known, the last."""
    return _read(next((file for last_day, file in LAYOUTS if day <= last_day), LAYOUTS[-1][1]))


def islands(units: Iterable[Unit]) -> dict[str, str]:
    """Return the codes of the units that are archipelagos, with the words that layouts have for them."""
    return {
        unit.code: _ISLAND_OF[unit.name] for unit in units if unit.parent_id is not None and unit.name in _ISLAND_OF
    }


@cache
def _read(file: str) -> tuple[Cell, ...]:
    lines = (_FOLDER / file).read_text(encoding="utf-8").splitlines()
    return tuple(
        Cell(code, column, row)
        for row, line in enumerate(lines, start=1)
        for column, code in enumerate(line.split(), start=1)
        if code != _EMPTY
    )
