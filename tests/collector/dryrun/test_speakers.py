from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.dryrun.conclusions import ACTIONS, Conclusion
from collector.dryrun.speakers import CAN_STAND_IN, SHOWN_NEXT, LineUp, Place, following, line_up, substitutes


def place(site_id: int, order: int | None, action: str = "use", *, is_connected: bool = True) -> Place:
    return Place(Conclusion(site_id, "eligible", action, ()), order, is_connected)


def ids(places: tuple[Place, ...]) -> list[int]:
    return [one.conclusion.site_id for one in places]


TEN = [place(n, n) for n in range(1, 11)]


def test_the_next_three_follow_the_one_that_speaks() -> None:
    line = line_up([place(99, None), *reversed(TEN)], 4)
    assert line.now == TEN[3]
    assert (ids(line.next), ids(line.later)) == ([5, 6, 7], [8, 9, 10])
    assert (ids(line.earlier), ids(line.silent)) == ([1, 2, 3], [99])


def test_before_anybody_has_spoken_the_first_three_are_next() -> None:
    line = line_up(TEN, None)
    assert (line.now, ids(line.next), line.earlier) == (None, [1, 2, 3], ())


def test_a_site_that_left_the_order_while_it_spoke_leaves_the_others_where_they_are() -> None:
    line = line_up([one for one in TEN if one.order != 4], 4)
    assert (line.now, ids(line.next), ids(line.earlier)) == (None, [5, 6, 7], [1, 2, 3])


def test_substitutes_are_proven_connected_speak_later_and_stand_in_for_one_each() -> None:
    places = [
        *(place(n, n) for n in range(1, 5)),
        place(5, 5, "use_backup"),
        place(6, 6),
        place(7, 7, is_connected=False),
        place(8, None),
        place(9, None),
    ]
    assert substitutes(line_up(places, 1)) == {1: 6, 2: 8, 3: 9}


@pytest.mark.parametrize(
    ("speaking", "step", "reached"),
    [
        (None, 1, 2),
        (2, 1, 5),
        (5, 1, 9),
        (9, 1, 10),
        (10, -1, 9),
        (2, -1, None),
        (3, 1, 5),
        (3, -1, 2),
        (None, -1, None),
    ],
)
def test_a_step_leads_to_the_next_place_that_is_taken(speaking: int | None, step: int, reached: int | None) -> None:
    assert following([5, 2, 9, 5], speaking, step=step) == reached


def test_without_an_order_nobody_is_next() -> None:
    assert following([], None, step=1) is None


orders = st.none() | st.integers(1, 12)
places = st.lists(st.tuples(orders, st.sampled_from(ACTIONS), st.booleans()), max_size=15).map(
    lambda drawn: [place(n, order, action, is_connected=there) for n, (order, action, there) in enumerate(drawn, 1)]
)


def everybody(line: LineUp) -> list[int]:
    return sorted(ids((*line.watched, *line.later, *line.earlier, *line.silent)))


@given(places, st.none() | st.integers(0, 14))
def test_nobody_is_lost_or_shown_twice_and_who_stands_in_is_proven_and_not_waiting(
    several: list[Place], speaking: int | None
) -> None:
    line = line_up(several, speaking)
    assert everybody(line) == sorted(one.conclusion.site_id for one in several)
    assert len(line.next) <= SHOWN_NEXT
    instead = substitutes(line)
    watched = ids(line.watched)
    assert set(instead) <= set(watched)
    assert len(set(instead.values())) == len(instead)
    assert not set(instead.values()) & set(watched)
    standing_in = [one for one in several if one.conclusion.site_id in instead.values()]
    assert all(one.is_connected and one.conclusion.action in CAN_STAND_IN for one in standing_in)
