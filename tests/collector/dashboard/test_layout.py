from __future__ import annotations

from pathlib import Path
from typing import Any

from collector.dashboard import layout
from collector.dashboard.layout import ISLANDS, layout_of
from collector.store.queries.units import on_day
from provisioning.store.engine import writing
from provisioning.units.load import load_units

DAY = "2023-08-15"


def test_each_province_of_the_day_has_one_place_and_so_have_the_two_archipelagos(engine: Any) -> None:
    with writing(engine) as connection:
        load_units(connection)
        units = on_day(connection, DAY).values()
    cells = layout_of(DAY)
    provinces = {unit.code for unit in units if unit.parent_id is None}
    assert len(provinces) == 63
    assert {cell.code for cell in cells} == provinces | set(ISLANDS)
    assert len({(cell.column, cell.row) for cell in cells}) == len(cells)
    assert {unit.name for unit in units if unit.code in ISLANDS} == {"Huyện Hoàng Sa", "Huyện Trường Sa"}


def test_north_lies_above_south_and_the_archipelagos_east_of_their_provinces() -> None:
    at = {cell.code: cell for cell in layout_of(DAY)}
    assert at["02"].row < at["01"].row < at["48"].row < at["79"].row < at["96"].row
    assert (at["498"].row, at["498"].column > at["48"].column) == (at["48"].row, True)
    assert at["576"].column > at["56"].column


def test_every_place_of_the_layout_is_one_that_the_style_sheet_knows() -> None:
    styles = (Path(layout.__file__).parent / "assets" / "board.css").read_text(encoding="utf-8")
    for cell in layout_of(DAY):
        assert f".at-c{cell.column} {{" in styles
        assert f".at-r{cell.row} {{" in styles
