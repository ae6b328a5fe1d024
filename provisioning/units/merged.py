"""The 34 provinces since 2025-07-01 and which of the 63 before each was made of (Resolution 202/2025/QH15)."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple


class Province(NamedTuple):
    """A province since 2025-07-01; `merged`: codes of the provinces that it was made of."""

    code: str
    name: str
    merged: tuple[str, ...]


@cache
def provinces_2025() -> tuple[Province, ...]:
    """Return the 34 provinces, by code."""
    table = resources.files("provisioning.units") / "provinces_2025.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return tuple(Province(row["code"], row["name"], tuple(row["merged"].split())) for row in rows)
