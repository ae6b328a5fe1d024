"""Holidays: days on which sites are not open, in the whole country or in one unit and all that lies in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.names import read_name
from provisioning.store.engine import record_changes
from provisioning.store.tables import holiday, unit
from provisioning.units.load import find_units

MOST_DAYS = 120  # one holiday; a summer is shorter, and a slip of the year is longer


class Holiday(NamedTuple):
    """A holiday: ISO days, the last one included; without a unit it is the whole country's."""

    first_day: str
    last_day: str
    name: str
    unit_id: int | None
    unit: str | None
    unit_code: str | None


def read_days(text: str) -> tuple[str, str]:
    """Read 2027-02-05 or 2027-02-05..2027-02-11 as the first and the last ISO day; raises ProvisioningError."""
    first, _, last = text.partition("..")
    try:
        first_day, last_day = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError as error:
        raise ProvisioningError(
            f"{text} không phải ngày; hãy viết như 2027-02-05 hoặc 2027-02-05..2027-02-11.",
            f"{text} is no day; write it like 2027-02-05 or 2027-02-05..2027-02-11.",
        ) from error
    if not timedelta(0) <= last_day - first_day < timedelta(MOST_DAYS):
        raise ProvisioningError(
            f"{text}: ngày cuối không được trước ngày đầu, và nghỉ dài nhất {MOST_DAYS} ngày.",
            f"{text}: the last day must not be before the first, and {MOST_DAYS} days are the most.",
        )
    return first_day.isoformat(), last_day.isoformat()


def add(
    connection: Connection, days: tuple[str, str], name: str, unit_codes: Iterable[str], actor: str, now_us: int
) -> None:
    """Add a holiday to these units, or to the country when none is named; raises ProvisioningError."""
    first_day, last_day = days
    name = read_name(name, "Tên ngày nghỉ", "The holiday's name")
    changes = []
    for unit_id in _units(connection, unit_codes):
        if _ids(connection, first_day, unit_id):
            remedy = f"diemcau-provision holidays remove {first_day}{_as_option(connection, unit_id)}"
            raise ProvisioningError(
                f"Đã có ngày nghỉ từ {first_day}. Muốn đổi thì bỏ trước: {remedy}",
                f"A holiday begins on {first_day}. To change it, first: {remedy}",
            )
        values = {"first_day": first_day, "last_day": last_day, "name": name, "unit_id": unit_id}
        changes += [
            ("holiday", connection.execute(holiday.insert().values(values).returning(holiday.c.id)).scalar_one())
        ]
        audit.append(connection, actor, "holiday added", first_day, values, now_us)
    record_changes(connection, changes)


def remove(connection: Connection, first_day: str, unit_codes: Iterable[str], actor: str, now_us: int) -> None:
    """Remove the holiday of these units, or of the country, that begins on a day; raises ProvisioningError."""
    changes = []
    for unit_id in _units(connection, unit_codes):
        ids = _ids(connection, first_day, unit_id)
        if not ids:
            raise ProvisioningError(
                f"Không có ngày nghỉ nào bắt đầu {first_day}. Xem: diemcau-provision holidays list",
                f"No holiday begins on {first_day}. See: diemcau-provision holidays list",
            )
        connection.execute(delete(holiday).where(holiday.c.id.in_(ids)))
        audit.append(connection, actor, "holiday removed", first_day, {"unit_id": unit_id}, now_us)
        changes += [("holiday", holiday_id) for holiday_id in ids]
    record_changes(connection, changes)


def list_holidays(connection: Connection) -> list[Holiday]:
    """Return every holiday by its first day, the country's before those of units."""
    query = (
        select(holiday.c.first_day, holiday.c.last_day, holiday.c.name, holiday.c.unit_id, unit.c.name, unit.c.code)
        .outerjoin(unit, unit.c.id == holiday.c.unit_id)
        .order_by(holiday.c.first_day, holiday.c.unit_id.is_not(None), unit.c.code)
    )
    return [Holiday(*row) for row in connection.execute(query)]


def _units(connection: Connection, codes: Iterable[str]) -> list[int | None]:
    return [*find_units(connection, dict.fromkeys(codes))] or [None]


def _as_option(connection: Connection, unit_id: int | None) -> str:
    """Return what names a unit on the command line; nothing for the country."""
    code = None if unit_id is None else connection.scalar(select(unit.c.code).where(unit.c.id == unit_id))
    return "" if code is None else f" --unit {code}"


def _ids(connection: Connection, first_day: str, unit_id: int | None) -> list[int]:
    same = (holiday.c.first_day == first_day, holiday.c.unit_id.is_not_distinct_from(unit_id))
    return list(connection.scalars(select(holiday.c.id).where(*same)))
