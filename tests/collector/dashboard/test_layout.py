from __future__ import annotations

from pathlib import Path
from typing import Any

from collector.dashboard import layout
from collector.dashboard.figures import _tiles, areas
from collector.dashboard.layout import ISLANDS, islands, layout_of
from collector.store.queries.units import Unit, on_day
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
    assert islands(units) == {"498": "hoang-sa", "576": "truong-sa"}


def test_the_archipelagos_keep_their_tiles_whatever_their_codes_and_the_division() -> None:
    day = "2026-08-15"
    provinces = [Unit(1, "48", "Thành phố Đà Nẵng", None), Unit(2, "56", "Tỉnh Khánh Hòa", None)]
    zones = [Unit(3, "20333", "Đặc khu Hoàng Sa", 1), Unit(4, "22736", "Đặc khu Trường Sa", 2)]
    others = [Unit(5, "20200", "Xã Trường Sa", 1), Unit(6, "20201", "Phường Hải Châu", 1)]
    found = areas({unit.id: unit for unit in (*provinces, *zones, *others)}, [], [])
    tiled = {tile.area.unit.code: tile.cell for tile in _tiles(layout_of(day), found.values())}
    assert tiled.keys() == {"48", "56", "20333", "22736"}
    assert None not in tiled.values()
    without = tuple(cell for cell in layout_of(day) if cell.code not in ISLANDS)
    assert {tile.area.unit.code for tile in _tiles(without, found.values())} == {"48", "56", "20333", "22736"}


def test_north_lies_above_south_and_the_archipelagos_east_of_their_provinces() -> None:
    at = {cell.code: cell for cell in layout_of(DAY)}
    assert at["02"].row < at["01"].row < at["48"].row < at["79"].row < at["96"].row
    assert (at["hoang-sa"].row, at["hoang-sa"].column > at["48"].column) == (at["48"].row, True)
    assert at["truong-sa"].column > at["56"].column


def test_every_place_of_the_layout_is_one_that_the_style_sheet_knows() -> None:
    styles = (Path(layout.__file__).parent / "assets" / "board.css").read_text(encoding="utf-8")
    for cell in layout_of(DAY):
        assert f".at-c{cell.column} {{" in styles
        assert f".at-r{cell.row} {{" in styles
