"""Plugging in and pulling out is noticed once, and a loose plug does not keep the machine busy."""

from __future__ import annotations

import pytest

from agent.plugged import LEAST_BETWEEN_S, LOOK_EVERY_S, Plugged, look


class Bench:
    """What is plugged in, and a clock that goes from look to look."""

    def __init__(self):
        self.devices = ("video0",)
        self.now_s = 0.0
        self.plugged = Plugged(lambda: self.devices, self.now_s)

    def look(self):
        self.now_s += LOOK_EVERY_S
        return self.plugged.has_changed(self.now_s)


@pytest.fixture
def bench():
    return Bench()


def test_what_stays_as_it_is_is_no_change(bench):
    assert not any(bench.look() for _ in range(100))


def test_a_change_that_lasts_is_told_once(bench):
    bench.devices = ("video0", "video1")
    assert [bench.look() for _ in range(4)] == [False, True, False, False]


def test_what_is_put_back_at_once_is_no_change(bench):
    bench.devices = ()
    assert not bench.look()
    bench.devices = ("video0",)
    assert not any(bench.look() for _ in range(3))


def test_between_looks_nothing_is_looked_at(bench):
    bench.devices = ()
    assert not bench.plugged.has_changed(bench.now_s + LOOK_EVERY_S / 2)


def test_a_loose_plug_is_told_of_once_in_a_while_and_in_the_end(bench):
    told = 0
    for n in range(200):
        bench.devices = ("video0",) if n // 2 % 2 else ()
        told += bench.look()
    assert told <= 200 * LOOK_EVERY_S / LEAST_BETWEEN_S + 1
    bench.devices = ("video0", "new")
    assert sum(bench.look() for _ in range(40)) == 1


def test_a_screen_that_is_switched_off_looks_otherwise(tmp_path):
    status = tmp_path / "sys/class/drm/card0-HDMI-A-1/status"
    status.parent.mkdir(parents=True)
    status.write_text("connected\n")
    before = look(tmp_path)
    status.write_text("disconnected\n")
    assert look(tmp_path) != before


def test_where_there_is_nothing_to_look_at_nothing_changes(tmp_path):
    assert look(tmp_path) == look(tmp_path) == ()
