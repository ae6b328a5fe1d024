"""A province is late when something is lacking after its time; whatever moves the session moves every time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.dryrun.lateness import DONE, LATE, NOTHING, OPEN, OVER, Due, Span, lateness, wholes
from provisioning.gates import DUE_GATES

HOUR = 3_600_000_000
DAY = 24 * HOUR
START = 1_000 * DAY
SPAN = Span(START, START + 3 * HOUR)
GATES = [gate.name for gate in DUE_GATES]


def dues(unit_id: int, lacking: dict[str, int], sites: int = 10) -> list[Due]:
    return [Due(unit_id, gate, sites, lacking.get(gate, 0)) for gate in GATES]


def states(now: int, own: dict[tuple[int, str], int] | None = None, **lacking: int) -> list[str]:
    (told,) = lateness(dues(1, {name.replace("_", "-"): n for name, n in lacking.items()}), own or {}, SPAN, now)
    return [cell.state for cell in told.cells]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - 14 * DAY - 1, [OPEN, OPEN, OPEN, OPEN]),
        (START - 14 * DAY, [LATE, OPEN, OPEN, OPEN]),
        (START - DAY, [LATE, LATE, LATE, OPEN]),
        (START - HOUR, [LATE, LATE, LATE, LATE]),
        (SPAN.ends_at + 1, [LATE, LATE, LATE, OVER]),  # nobody need be present after it
    ],
)
def test_what_is_lacking_is_late_from_the_gate_on(now: int, expected: list[str]) -> None:
    assert states(now, T_14d=1, T_7d=1, T_1d=1, T_1h=1) == expected


def test_what_is_done_is_never_late_and_where_nothing_is_due_nothing_is_told() -> None:
    assert states(START) == [DONE] * 4
    (told,) = lateness(dues(1, {}, sites=0), {}, SPAN, START)
    assert [cell.state for cell in told.cells] == [NOTHING] * 4


def test_an_own_deadline_counts_in_place_of_the_gate_for_that_province_alone() -> None:
    own = {(1, "T-14d"): 20 * DAY, (2, "T-7d"): 3 * DAY}
    assert states(START - 16 * DAY, own, T_14d=1)[0] == LATE
    (told,) = lateness(dues(2, {"T-7d": 4}), own, SPAN, START - 5 * DAY)
    assert (told.cells[1].state, told.cells[1].is_own, told.cells[1].due_at) == (OPEN, True, START - 3 * DAY)
    assert not told.cells[0].is_own


def test_the_latest_stand_first_and_the_whole_sums_up_all_provinces() -> None:
    found = [*dues(1, {"T-14d": 1}), *dues(2, {"T-14d": 7, "T-7d": 2}), *dues(3, {})]
    told = lateness(found, {}, SPAN, START - 8 * DAY)
    assert [(one.unit_id, one.late) for one in told] == [(2, 7), (1, 1), (3, 0)]
    whole = wholes(told, SPAN)
    assert [(one.gate, one.sites, one.lacking, one.late_units) for one in whole] == [
        ("T-14d", 30, 8, 2),
        ("T-7d", 30, 2, 0),
        ("T-1d", 30, 0, 0),
        ("T-1h", 30, 0, 0),
    ]
    assert [one.lacking for one in wholes([], SPAN)] == [0] * 4


@given(
    st.lists(st.integers(0, 10), min_size=4, max_size=4),
    st.dictionaries(st.sampled_from(GATES), st.integers(HOUR, 30 * DAY)),
    st.integers(-40 * DAY, 2 * DAY),
    st.integers(-300 * DAY, 300 * DAY),
)
def test_a_session_that_moves_takes_every_deadline_along(lacking, before, ahead, moved) -> None:
    found = dues(1, dict(zip(GATES, lacking, strict=True)))
    own = {(1, gate): length for gate, length in before.items()}
    there = Span(SPAN.starts_at + moved, SPAN.ends_at + moved)
    (here,) = lateness(found, own, SPAN, START + ahead)
    (later,) = lateness(found, own, there, START + ahead + moved)
    assert [cell.state for cell in later.cells] == [cell.state for cell in here.cells]
    assert [cell.due_at - moved for cell in later.cells] == [cell.due_at for cell in here.cells]
