"""Short names can be told from each other where they stand side by side."""

from __future__ import annotations

import csv
from collections import Counter
from importlib import resources

import pytest

from collector.dashboard.names import short_unit


def test_no_two_units_of_a_province_have_the_same_short_name() -> None:
    table = resources.files("provisioning.units") / "units_2023.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    beside = [(row["parent_code"] or "country", short_unit(row["name"])) for row in rows]
    assert [where for where, n in Counter(beside).items() if n > 1] == []


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Tỉnh Hà Giang", "Hà Giang"),
        ("Thành phố Hà Giang", "TP. Hà Giang"),
        ("Thành phố Hà Nội", "Hà Nội"),
        ("Thành phố Hồ Chí Minh", "TP. HCM"),
        ("Huyện Cao Lãnh", "Cao Lãnh"),
        ("Quận 1", "Quận 1"),
    ],
)
def test_a_short_name_keeps_what_tells_it_from_others(name: str, short: str) -> None:
    assert short_unit(name) == short
