"""What people type as numbers."""

from __future__ import annotations

from math import isnan

import pytest

from provisioning.names import read_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("45,7", 45.7),
        ("45.7", 45.7),
        (" 50 ", 50.0),
        ("0,125", 0.125),
        ("1.585", 1585.0),
        ("1,585", 1585.0),
        ("1 585", 1585.0),
        ("2.414,5", 2414.5),
        ("2,414.5", 2414.5),
        ("1.234.567", 1234567.0),
        ("1234.567", 1234.567),
    ],
)
def test_a_number_is_read_as_it_is_shown_with_its_thousands(typed: str, number: float) -> None:
    assert read_number(typed) == number


@pytest.mark.parametrize("typed", ["", "nhiều", "1.5.7", "12,345,6", "1.585.2"])
def test_what_is_no_number_is_not_one(typed: str) -> None:
    assert isnan(read_number(typed))
