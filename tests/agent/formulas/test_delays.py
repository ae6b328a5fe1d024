from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.formulas import delays

TRANSITS = st.lists(st.floats(0, 1000), min_size=2, max_size=50)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([7.0], 0.5, 7.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        (list(range(1, 101)), 0.95, 95),
        ([1, 2], 1.0, 2),
    ],
)
def test_a_percentile_is_the_nearest_rank(values, share, expected):
    assert delays.percentile(values, share) == expected


def test_jitter_follows_rfc_3550():
    assert delays.jitter_ms([10.0]) is None
    assert delays.jitter_ms([10.0, 10.0, 10.0]) == 0.0
    first = 16.0 / 16
    assert delays.jitter_ms([10.0, 26.0, 10.0]) == round(first + (16.0 - first) / 16, 3)


@given(TRANSITS, st.floats(-1e6, 1e6))
def test_jitter_and_variation_do_not_depend_on_how_the_clocks_differ(transits, ahead):
    moved = [transit + ahead for transit in transits]
    assert delays.jitter_ms(moved) == pytest.approx(delays.jitter_ms(transits), abs=0.01)
    assert delays.variations_ms(moved) == pytest.approx(delays.variations_ms(transits), abs=0.001)


def test_variation_is_counted_from_the_shortest_delay():
    assert delays.variations_ms([30.0, 20.0, 25.0]) == [10.0, 0.0, 5.0]
    assert delays.variations_ms([]) == []


def test_packets_that_arrive_after_a_later_one_are_reordered():
    assert delays.reordered([0, 2, 1, 5, 3, 4]) == 3
    assert delays.reordered([0, 1, 5]) == 0
