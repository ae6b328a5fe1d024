"""Where it is worst: every district and province in one table, in any order."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from collector.dashboard.figures import Area
from collector.dashboard.units import SORTS, View, areas
from collector.store.queries.paging import PAGE_SIZE
from collector.store.queries.units import Unit
from provisioning.store.engine import writing
from provisioning.store.tables import unit

LEVELS = {"ready": 0, "at_risk": 0, "unknown": 0, "not_ready": 0}
NAMES = {1: "Thành phố Hà Nội", 2: "Tỉnh Hà Giang", 3: "Huyện Ba Vì", 4: "Quận Đống Đa", 5: "Huyện Mèo Vạc"}
PARENTS = {3: 1, 4: 1, 5: 2}


class Figures:
    """A country of three districts in two provinces, and one without sites."""

    def __init__(self) -> None:
        counts = {
            3: {"ready": 8, "not_ready": 2},
            4: {"ready": 20, "at_risk": 5},
            5: {"ready": 1, "unknown": 3},
            1: {"ready": 28, "not_ready": 2, "at_risk": 5},
            2: {"ready": 1, "unknown": 3},
        }
        self.units = {id_: Unit(id_, f"{id_:02}", name, PARENTS.get(id_)) for id_, name in NAMES.items()}
        self.areas = {id_: Area(self.units[id_], {**LEVELS, **levels}) for id_, levels in counts.items()}
        self.areas[6] = Area(Unit(6, "06", "Huyện Hoàng Sa", 1), LEVELS)

    def province_of(self, unit_id: int) -> Unit | None:
        found = self.areas[unit_id].unit
        return found if found.parent_id is None else self.units[found.parent_id]


def names(view: View) -> list[str]:
    return [area.unit.name.partition(" ")[2] for area in areas(Figures(), view)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (View(), ["Đống Đa", "Ba Vì", "Mèo Vạc"]),  # of two with the same share, where more sites need something
        (View(sort="-needing"), ["Mèo Vạc", "Ba Vì", "Đống Đa"]),
        (View(sort="ready"), ["Mèo Vạc", "Ba Vì", "Đống Đa"]),
        (View(sort="name"), ["Ba Vì", "Đống Đa", "Mèo Vạc"]),
        (View(sort="unknown"), ["Mèo Vạc", "Ba Vì", "Đống Đa"]),
        (View(province="01"), ["Đống Đa", "Ba Vì"]),
        (View(kind="provinces"), ["phố Hà Nội", "Hà Giang"]),
    ],
)
def test_units_stand_in_the_order_asked_for_and_where_there_are_no_sites_not_at_all(
    view: View, shown: list[str]
) -> None:
    assert names(view) == shown


@pytest.mark.parametrize("name", SORTS)
def test_a_column_that_is_sorted_turns_round_the_next_time(name: str) -> None:
    once = View(sort="").by(name)
    assert {once.order_of(name), once.by(name).order_of(name)} == {"ascending", "descending"}
    assert once.by(name).by(name) == once
    assert names(once.by(name)) != names(once) or name in ("dropped",)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_from_the_overview_the_worst_district_is_one_click_away(browser: TestClient, country: Any) -> None:
    (link,) = re.findall(r'<a href="(/units[^"/]*)">Các huyện', browser.get("/").text)
    page = browser.get(unescape(link)).text
    assert "Không nơi nào có điểm cầu cần xử lý" in page  # the sites of this country lie in no district
    page = browser.get("/units?kind=provinces").text
    assert "Kém nhất: Thành phố Hà Nội , 2 /4 điểm cầu cần xử lý" in words(page)
    (row,) = re.findall(r'<tr role="row">\s*<th[^>]*rowheader.*?</tr>', page, re.DOTALL)
    assert words(row) == "Thành phố Hà Nội 4 50% 25% 1 1 1 0"
    addresses = [unescape(address) for address in re.findall(r'href="([^"]+)"', row)]
    assert addresses[:3] == ["/units/01", "/sites?unit=01", "/sites?level=at_risk&level=not_ready&unit=01"]
    for address in addresses:
        assert browser.get(address).status_code == 200


def test_a_long_table_comes_in_pages(browser: TestClient, country: Any) -> None:
    for number in range(PAGE_SIZE + 1):
        values = {"code": f"9{number:02}", "level": 2, "name": f"Huyện {number}", "valid_from": "2008-08-01"}
        with writing(country.engine) as connection:
            added = insert(unit).values(**values, parent_id=country.unit_id).returning(unit.c.id)
            unit_id = connection.execute(added).scalar_one()
        replace(country, unit_id=unit_id).site(f"Trường {number}")
    pages = [browser.get(f"/units?sort=name&page={number}").text for number in (1, 2)]
    assert [page.count('scope="row"') for page in pages] == [PAGE_SIZE, 1]
    assert 'rel="next" href="/units?sort=name&amp;page=2"' in pages[0]
    assert 'scope="row"' not in browser.get("/units?province=02").text
