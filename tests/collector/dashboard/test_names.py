"""Short names can be told from each other where they stand side by side."""

from __future__ import annotations

import csv
from collections import Counter
from importlib import resources

import pytest

from collector.dashboard.names import short_sessions, short_unit
from collector.store.queries.sessions import Session


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


def test_sessions_of_two_events_are_told_apart_by_their_day() -> None:
    starts_at = 1_692_061_200_000_000  # 2023-08-15 08:00 in Hà Nội
    sessions = [
        Session(1, "Buổi sáng: Bộ gặp gỡ nhà giáo cả nước", "Gặp gỡ", starts_at, starts_at + 1),
        Session(2, "Buổi chiều", "Gặp gỡ", starts_at, starts_at + 1),
        Session(3, "Buổi sáng", "Hội nghị", starts_at + 86_400_000_000, starts_at + 86_400_000_001),
    ]
    assert list(short_sessions(sessions).values()) == ["Buổi sáng 15/8", "Buổi chiều", "Buổi sáng 16/8"]
