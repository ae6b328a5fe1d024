from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.simulator.timetable import NEVER_S, Timetable


class Sleeper:
    def __init__(self) -> None:
        self.turn_at_s = NEVER_S

    def turn(self, now_s: float) -> None:
        pass


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=40))
def test_each_has_one_turn_at_the_earliest_time_that_was_asked_for(asked):
    sleepers, timetable = [Sleeper() for _ in range(4)], Timetable()
    for number, at_s in asked:
        timetable.wake(sleepers[number], at_s)
    turns = [(now_s, sleeper) for now_s in range(21) for sleeper in timetable.due(now_s)]
    wanted = {sleepers[number]: min(at for n, at in asked if n == number) for number, _ in asked}
    assert {sleeper: now_s for now_s, sleeper in turns} == wanted
    assert len(turns) == len(wanted)


def test_who_has_had_a_turn_can_be_woken_again_for_a_later_one():
    sleeper, timetable = Sleeper(), Timetable()
    timetable.wake(sleeper, 1.0)
    assert list(timetable.due(1.0)) == [sleeper]
    timetable.wake(sleeper, 2.0)
    assert list(timetable.due(1.5)) == []
    assert list(timetable.due(2.0)) == [sleeper]
