"""The bar of a device's day: what it is called half-hour by half-hour."""

from __future__ import annotations

from collector.dashboard.heartbeat import CELL_US, CELLS, Cell, Run, cells, runs
from collector.judge.calendar import Calendar
from provisioning import hours

MIN_US = 60_000_000
NOW = 1_692_061_200_000_000 + 10 * MIN_US  # Tuesday 08:10 in Vietnam
PRESENT = NOW - 10 * MIN_US
SCHOOL = Calendar(hours.read("T2-T6 07:00-17:00"), frozenset(), ())


def kinds(heard: dict[int, float], connected_at: int | None = None, enrolled_at: int = 0) -> list[str]:
    return [cell.kind for cell in cells(heard, SCHOOL, enrolled_at, connected_at, NOW)]


def test_a_day_has_its_half_hours_the_present_one_last() -> None:
    bar = cells({}, SCHOOL, 0, None, NOW)
    assert [cell.at for cell in bar] == [PRESENT - back * CELL_US for back in reversed(range(CELLS))]


def test_nobody_heard_is_away_in_the_sites_hours_and_off_outside_them() -> None:
    found = kinds({})
    assert found == ["away"] * 17 + ["off_hours"] * 28 + ["away"] * 3  # 08:30-17:00, until 07:00, since then


def test_most_of_the_snapshots_is_connected_and_some_of_them_is_a_part() -> None:
    found = kinds({PRESENT: 10, PRESENT - CELL_US: 28, PRESENT - 2 * CELL_US: 4})
    assert found[-3:] == ["partly", "connected", "connected"]


def test_what_was_not_rolled_up_yet_is_known_by_the_connection() -> None:
    assert kinds({}, connected_at=PRESENT - 2 * CELL_US)[-4:] == ["off_hours", "connected", "connected", "connected"]
    assert kinds({}, connected_at=PRESENT - MIN_US)[-2:] == ["partly", "connected"]


def test_a_machine_that_has_just_connected_is_not_away() -> None:
    assert kinds({}, connected_at=NOW)[-2:] == ["away", "partly"]
    assert kinds({}, connected_at=NOW, enrolled_at=NOW - MIN_US)[-2:] == ["never", "connected"]


def test_before_it_was_enrolled_there_was_nothing_to_hear() -> None:
    found = kinds({PRESENT - CELL_US: 15}, enrolled_at=PRESENT - CELL_US // 2)
    assert found[:46] == ["never"] * 46
    assert found[46] == "connected"


def test_half_hours_of_a_kind_are_told_as_one() -> None:
    bar = [Cell(0, "away"), Cell(CELL_US, "away"), Cell(2 * CELL_US, "connected")]
    assert runs(bar) == [Run("away", 0, 2 * CELL_US), Run("connected", 2 * CELL_US, 3 * CELL_US)]
