"""Where the model event takes place: the districts of 2023, their people, and what makes some hard to reach."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

DISTRICTS = 705  # on 15 August 2023
_COUNTRY_SITES = 40_000  # that watch, at full size
_SEATS = {  # of a department, where it is not the province's first city
    "01": "Quận Hoàn Kiếm",
    "31": "Quận Hồng Bàng",
    "48": "Quận Hải Châu",
    "77": "Thành phố Bà Rịa",
    "79": "Quận 1",
    "92": "Quận Ninh Kiều",
}


class District(NamedTuple):
    """A district: its code and name, its province's, what lies in its way, and its share of the country's venues."""

    code: str
    name: str
    province_code: str
    province: str
    hardness: str  # mountain, island, outpost; empty: none
    weight: float


class University(NamedTuple):
    """A university or pedagogical college, and the district it lies in."""

    name: str
    district: District


def districts() -> list[District]:
    """Return the districts by code, with weights in proportion to how many sites watch in each.

    Half of a country's schools follow its people (census of 2019, a province's spread evenly over its districts), half
    its districts: in the mountains schools are smaller and more. Which districts are hard to reach is our choice, from
    mountains, borders and islands; an outpost has one site.
    """
    units = list(_read("provisioning.units", "units_2023.csv"))
    provinces = {row["code"]: row["name"] for row in units if row["level"] == "1"}
    people = {row["code"]: int(row["people_thousand"]) for row in _read("collector.demo", "provinces.csv")}
    hard = {(row["province"], row["district"]): row["kind"] for row in _read("collector.demo", "hard_to_reach.csv")}
    inside = [row for row in units if row["level"] == "2"]
    neighbours = Counter(row["parent_code"] for row in inside)
    everybody = sum(people.values())
    found = []
    for row in inside:
        province = row["parent_code"]
        hardness = hard.get((province, row["name"]), "")
        weight = 0.5 * people[province] / everybody / neighbours[province] + 0.5 / DISTRICTS
        weight = 1 / _COUNTRY_SITES if hardness == "outpost" else weight
        found.append(District(row["code"], row["name"], province, provinces[province], hardness, weight))
    return found


def seats(among: list[District]) -> list[District]:
    """Return the district in which each province's department sits, by the province's code."""
    found: dict[str, District] = {}
    for district in among:
        code, name = district.province_code, district.name
        if name == _SEATS[code] if code in _SEATS else name.startswith("Thành phố "):
            found.setdefault(code, district)
    return [found[code] for code in sorted(found)]


def universities(among: list[District]) -> list[University]:
    """Return the universities and pedagogical colleges that are known to us by name, in the order of the table."""
    found = {(district.province_code, district.name): district for district in among}
    rows = _read("collector.demo", "universities.csv")
    return [University(row["name"], found[row["province"], row["district"]]) for row in rows]


def _read(package: str, name: str) -> Iterator[dict[str, str]]:
    return iter(csv.DictReader((resources.files(package) / name).read_text(encoding="utf-8").splitlines()))
