"""What else went on during a transfer: others' bytes are told from our own."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.transfer import surroundings
from agent.transfer.surroundings import Own, Reading

DIRECTIONS = st.sampled_from(["download", "upload"])
NEEDS_BPS = st.floats(5e5, 5e7)
SECONDS = st.floats(1, 15)
MOVED = st.integers(0, 10**8)
COUNTED = st.integers(0, 10**12)


def readings(direction, start_bytes, bytes_, seconds, against_bytes=0, busy_pct=None):
    """The readings around a direction in which the interface moved so much, and the other way `against_bytes`."""
    moved = (against_bytes, bytes_) if direction == "upload" else (bytes_, against_bytes)
    before = Reading(0.0, start_bytes, start_bytes, None)
    return before, Reading(seconds, start_bytes + moved[0], start_bytes + moved[1], busy_pct)


@given(DIRECTIONS, NEEDS_BPS, SECONDS, MOVED, st.floats(1, 1.08), COUNTED, MOVED)
def test_our_own_bytes_are_never_taken_for_others(direction, need_bps, seconds, moved, share, start, against):
    around = readings(direction, start, int(moved * share), seconds, against)
    assert surroundings.disturbances(*around, Own(direction, moved), need_bps) == ()


@given(NEEDS_BPS, SECONDS, MOVED, st.floats(1, 5), COUNTED)
def test_what_tcp_had_to_repeat_is_our_own(need_bps, seconds, moved, repeated, start):
    wire_bytes = int(moved * repeated)
    around = readings("upload", start, wire_bytes, seconds)
    assert surroundings.disturbances(*around, Own("upload", moved, wire_bytes), need_bps) == ()


@given(DIRECTIONS, NEEDS_BPS, SECONDS, MOVED, st.floats(0.21, 20), COUNTED, st.booleans())
def test_others_above_a_fifth_of_the_need_are_always_found(
    direction, need_bps, seconds, moved, others, start, is_wire_known
):
    total = int(1.08 * moved + others * need_bps / 8 * seconds) + 1
    around = readings(direction, start, total, seconds)
    own = Own(direction, moved, int(1.04 * moved) if is_wire_known else None)
    assert surroundings.disturbances(*around, own, need_bps) == ("other_traffic",)


def test_each_direction_is_held_against_its_own_need():
    around = readings("upload", 0, 200_000, 4.0)
    assert surroundings.disturbances(*around, Own("upload", 0), 1e6) == ("other_traffic",)
    assert surroundings.disturbances(*around, Own("upload", 0), 4e6) == ()


@pytest.mark.parametrize(("busy_pct", "found"), [(None, ()), (90.0, ()), (91.0, ("busy_processor",))])
def test_a_busy_processor_is_told(busy_pct, found):
    around = readings("download", 0, 0, 5.0, busy_pct=busy_pct)
    assert surroundings.disturbances(*around, Own("download", 0), 1e6) == found


def test_without_counters_nobody_else_is_found():
    assert surroundings.disturbances(Reading(0.0), Reading(5.0), Own("download", 0), 1e6) == ()


def test_counters_that_cannot_be_read_give_an_empty_reading(monkeypatch):
    class Failing:
        def __getattr__(self, name):
            raise RuntimeError(name)

    monkeypatch.setitem(sys.modules, "psutil", Failing())
    assert surroundings.read("192.0.2.1")[1:] == (None, None, None)


@pytest.mark.parametrize(
    ("link", "signal_pct", "is_weak"),
    [
        ("wifi", 39.0, True),
        ("wifi", 40.0, False),
        ("wifi", None, False),
        ("ethernet", 10.0, False),
        (None, 10.0, False),
    ],
)
def test_only_a_weak_wifi_is_weak(link, signal_pct, is_weak):
    assert surroundings.is_weak(link, signal_pct) is is_weak
