"""Holidays are rows of the country or of units; adding and removing them is audited and told."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, delete, select

from provisioning import audit, holidays
from provisioning.errors import ProvisioningError
from provisioning.holidays import Holiday
from provisioning.store.engine import writing
from provisioning.store.tables import audit as audit_table
from provisioning.store.tables import change, holiday, unit
from provisioning.units.load import load_units

TET = ("2027-02-05", "2027-02-11")


@pytest.fixture
def units(engine: Engine) -> dict[str, int]:
    """The units of 2023, by code; the holidays that every registry begins with are taken out."""
    with writing(engine) as connection:
        connection.execute(delete(holiday))
        load_units(connection)
        return {row.code: row.id for row in connection.execute(select(unit.c.code, unit.c.id))}


@pytest.fixture
def listed(engine: Engine):
    """A function that returns all holidays."""

    def read() -> list[Holiday]:
        with engine.connect() as connection:
            return holidays.list_holidays(connection)

    return read


def test_a_holiday_is_of_the_country_or_of_the_units_that_are_named(engine: Engine, units, listed) -> None:
    with writing(engine) as connection:
        holidays.add(connection, ("2026-11-20", "2026-11-20"), "Bão", ["02", "024"], "test", 1)
        holidays.add(connection, TET, "Tết Nguyên đán", [], "test", 1)
        holidays.add(connection, ("2026-11-20", "2026-11-20"), "Ngày Nhà giáo", [], "test", 1)
    assert [(day.first_day, day.last_day, day.name, day.unit_id, day.unit) for day in listed()] == [
        ("2026-11-20", "2026-11-20", "Ngày Nhà giáo", None, None),
        ("2026-11-20", "2026-11-20", "Bão", units["02"], "Tỉnh Hà Giang"),
        ("2026-11-20", "2026-11-20", "Bão", units["024"], "Thành phố Hà Giang"),
        (*TET, "Tết Nguyên đán", None, None),
    ]


def test_adding_and_removing_are_audited_and_told_by_change_rows(engine: Engine, units, listed) -> None:
    with writing(engine) as connection:
        holidays.add(connection, TET, "Tết", ["02"], "an", 1)
        holidays.add(connection, TET, "Tết", [], "an", 2)
    with writing(engine) as connection:
        holidays.remove(connection, TET[0], ["02"], "an", 3)
    assert [day.unit_id for day in listed()] == [None]
    with engine.connect() as connection:
        rows = connection.execute(select(audit_table.c.action, audit_table.c.subject).order_by(audit_table.c.id))
        assert [tuple(row) for row in rows] == [
            ("holiday added", TET[0]),
            ("holiday added", TET[0]),
            ("holiday removed", TET[0]),
        ]
        assert audit.verify(connection).broken_at is None
        assert connection.scalars(select(change.c.kind)).all() == ["holiday"] * 3


def test_a_second_holiday_from_the_same_day_and_the_removal_of_none_are_refused(engine: Engine, units, listed) -> None:
    with writing(engine) as connection:
        holidays.add(connection, TET, "Tết", [], "an", 1)
        holidays.add(connection, TET, "Bão", ["024", "024"], "an", 1)
    with pytest.raises(ProvisioningError, match=f"holidays remove {TET[0]}$"), writing(engine) as connection:
        holidays.add(connection, (TET[0], TET[0]), "Tết", [], "an", 1)
    with pytest.raises(ProvisioningError, match=f"holidays remove {TET[0]} --unit 024$"), writing(engine) as connection:
        holidays.add(connection, TET, "Lụt", ["024"], "an", 1)
    with pytest.raises(ProvisioningError, match="holidays list"), writing(engine) as connection:
        holidays.remove(connection, TET[0], ["02"], "an", 1)
    with pytest.raises(ProvisioningError, match="units list"), writing(engine) as connection:
        holidays.add(connection, TET, "Tết", ["99"], "an", 1)
    assert len(listed()) == 2


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "\u202eTết", "x" * 201])
def test_a_holiday_has_a_name_that_people_can_read(engine: Engine, units, name: str) -> None:
    with pytest.raises(ProvisioningError), writing(engine) as connection:
        holidays.add(connection, TET, name, [], "an", 1)


@pytest.mark.parametrize(
    ("text", "days"),
    [("2027-02-05", (TET[0], TET[0])), ("2027-02-05..2027-02-11", TET), ("20270205", (TET[0], TET[0]))],
)
def test_days_are_one_or_a_first_and_a_last(text: str, days: tuple[str, str]) -> None:
    assert holidays.read_days(text) == days


@pytest.mark.parametrize(
    "text", ["", "Tết", "2027-02-30", "2027-02-11..2027-02-05", "2026-02-05..2027-02-11", "..", "-"]
)
def test_days_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(ProvisioningError):
        holidays.read_days(text)


def test_a_new_registry_knows_the_holidays_that_the_law_itself_dates_and_no_other(engine: Engine, listed) -> None:
    seeded = listed()
    days = ["01-01", "04-30", "05-01", "09-02"]
    assert [day.first_day for day in seeded] == [f"{year}-{day}" for year in (2026, 2027) for day in days]
    assert all(day.last_day == day.first_day and day.unit_id is None for day in seeded)
