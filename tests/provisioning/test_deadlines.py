"""A province may have a time of its own for what a gate asks for; without one the gate's counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from provisioning import deadlines, events, moments
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing
from provisioning.store.tables import change
from provisioning.units.load import load_units

HOUR = 3_600_000_000


@pytest.fixture
def event_id(engine: Engine) -> int:
    with writing(engine) as connection:
        load_units(connection)
        return events.add_event(connection, "e", "Gặp mặt", "2023-08-15", 5.0, "test", 1)


def test_a_deadline_is_set_changed_listed_and_taken_back(engine: Engine, event_id: int) -> None:
    with writing(engine) as connection:
        deadlines.set_deadline(connection, "e", "02", "T-1d", 30 * HOUR, "an", 1)
        deadlines.set_deadline(connection, "e", "02", "T-14d", 400 * HOUR, "an", 1)
        deadlines.set_deadline(connection, "e", "02", "T-14d", 480 * HOUR, "an", 2)
        listed = [(one.unit, one.gate, one.before_start_us) for one in deadlines.list_deadlines(connection, event_id)]
        assert listed == [("Tỉnh Hà Giang", "T-14d", 480 * HOUR), ("Tỉnh Hà Giang", "T-1d", 30 * HOUR)]
        deadlines.clear_deadline(connection, "e", "02", "T-14d", "an", 3)
        assert [one.gate for one in deadlines.list_deadlines(connection, event_id)] == ["T-1d"]
        told = connection.execute(select(change.c.key).where(change.c.kind == "deadline")).scalars().all()
    assert told == [event_id] * 4


def test_what_cannot_be_a_deadline_is_refused(engine: Engine, event_id: int) -> None:
    for event, unit, gate, before_us in (
        ("none", "02", "T-1d", HOUR),
        ("e", "024", "T-1d", HOUR),  # a district
        ("e", "02", "live", HOUR),
        ("e", "02", "T-1d", 0),
        ("e", "02", "T-1d", 91 * 24 * HOUR),
    ):
        with pytest.raises(ProvisioningError), writing(engine) as connection:
            deadlines.set_deadline(connection, event, unit, gate, before_us, "an", 1)
    with pytest.raises(ProvisioningError, match="T-1d"), writing(engine) as connection:
        deadlines.clear_deadline(connection, "e", "02", "T-1d", "an", 1)


@pytest.mark.parametrize(
    ("text", "hours"), [("10d", 240), ("10 ngày", 240), ("36h", 36), ("36 giờ", 36), ("1,5 ngày", 36), (" 2D ", 48)]
)
def test_how_long_before_is_written_in_days_or_hours(text: str, hours: int) -> None:
    assert moments.read_before(text) == hours * HOUR


@pytest.mark.parametrize("text", ["", "10", "d", "-1d", "10 tuần", "1000d", "1e3h"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ProvisioningError):
        moments.read_before(text)


@given(st.integers(0, 4_102_444_800).map(lambda minutes: minutes // 60 * 60 * 1_000_000))
def test_a_moment_that_is_written_is_read_again(at: int) -> None:
    assert moments.read(moments.write(at), 0) == at


def test_a_moment_may_be_told_from_now_or_with_a_zone_of_its_own() -> None:
    today = moments.read("2023-08-15T07:30", 0)
    assert moments.read("17:05", today) == moments.read("2023-08-15T17:05", 0)
    assert moments.read(" 9:00 ", today) == moments.read("2023-08-15T09:00", 0)
    assert moments.read("+24h", 5) == 5 + 24 * HOUR
    assert moments.read("2023-08-15T00:30+00:00", 0) == moments.read("2023-08-15T07:30", 0)
    for text in ("mai", "2023-02-30T07:00", "+9h30", "+99999h"):
        with pytest.raises(ProvisioningError):
            moments.read(text, 0)
