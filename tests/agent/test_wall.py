from __future__ import annotations

import pytest

from agent.wall import Wall

YEAR_MS = 31_557_600_000.0


def test_a_clock_that_nobody_has_compared_is_believed_within_the_life_of_the_project(clock):
    wall = Wall(clock)
    assert wall.is_plausible()
    clock.wall = 0
    assert not wall.is_plausible()


@pytest.mark.parametrize(("offset_ms", "is_plausible"), [(-40.0, True), (-YEAR_MS, False), (2 * 3_600_000.0, False)])
def test_a_clock_is_believed_as_far_as_it_agrees_with_the_centres(clock, offset_ms, is_plausible):
    wall = Wall(clock)
    wall.learn(offset_ms)
    wall.learn(None)  # a tick that brought nothing back takes nothing away
    clock.advance(86_400)
    assert wall.is_plausible() is is_plausible


def test_what_was_learnt_of_a_clock_ends_when_it_is_set(clock):
    wall = Wall(clock)
    wall.learn(-YEAR_MS)
    clock.wall += int(YEAR_MS * 1000)
    assert wall.is_plausible()
