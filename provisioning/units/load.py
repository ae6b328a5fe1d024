"""Brings the committed table of units into the registry."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib import resources
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from provisioning.errors import ProvisioningError
from provisioning.store.tables import unit

PROVINCE = 1
DISTRICT = 2


def load_units(connection: Connection) -> int:
    """Add the units of 2023 that are not there yet; returns how many."""
    table = resources.files("provisioning.units") / "units_2023.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    added = _add(connection, [row for row in rows if int(row["level"]) == PROVINCE], {})
    provinces = {row.code: row.id for row in connection.execute(select(unit).where(unit.c.level == PROVINCE))}
    return added + _add(connection, [row for row in rows if int(row["level"]) == DISTRICT], provinces)


def units_as_of(connection: Connection, day: str) -> list[Row[Any]]:
    """Return the units in force on an ISO day, provinces first, by code."""
    return list(connection.execute(select(unit).where(is_in_force(day)).order_by(unit.c.level, unit.c.code)))


def is_in_force(day: str) -> ColumnElement[bool]:
    """Tell in SQL whether a unit is in force on an ISO day."""
    return and_(unit.c.valid_from <= day, or_(unit.c.valid_to.is_(None), unit.c.valid_to >= day))


def _add(connection: Connection, rows: Iterable[dict[str, str]], parents: dict[str, int]) -> int:
    known = {tuple(row) for row in connection.execute(select(unit.c.code, unit.c.level, unit.c.valid_from))}
    new = [
        {
            "code": row["code"],
            "level": int(row["level"]),
            "name": row["name"],
            "parent_id": parents.get(row["parent_code"]),
            "valid_from": row["valid_from"],
            "valid_to": row["valid_to"] or None,
        }
        for row in rows
        if (row["code"], int(row["level"]), row["valid_from"]) not in known
    ]
    if new:
        connection.execute(unit.insert(), new)
    return len(new)


def find_units(connection: Connection, codes: Iterable[str]) -> list[int]:
    """Return the ids of units by code (provinces two digits, districts three); raises ProvisioningError."""
    ids = []
    for code in codes:
        found = list(connection.scalars(select(unit.c.id).where(unit.c.code == code)))
        if not found:
            raise ProvisioningError(
                f"Không có đơn vị {code}. Xem: diemcau-provision units list",
                f"There is no unit {code}. See: diemcau-provision units list",
            )
        ids += found
    return ids
