from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.formulas import bins

ROWS = st.lists(st.floats(0, 100), min_size=1, max_size=60)


@given(ROWS)
def test_bytes_that_are_put_back_are_neither_lost_nor_doubled(row):
    assert sum(bins.put_back(row)) == pytest.approx(sum(row))


def test_bytes_that_came_late_are_put_back_where_they_were_due():
    assert bins.put_back([1.0, 0.0, 0.0, 3.0, 1.0]) == [1.0] * 5
    assert bins.put_back([0.5, 2.0]) == [0.5, 2.0]
    assert bins.put_back([1.0, 0.0, 0.0]) == [1.0, 0.0, 0.0]


@given(ROWS, st.floats(0.1, 10))
def test_a_cap_only_moves_bytes_to_earlier_bins_or_leaves_them_out(row, most):
    capped = bins.cap(row, most)
    assert max(capped) <= most + 1e-9
    assert all(sum(capped[n:]) <= sum(row[n:]) + 1e-6 for n in range(len(row)))


def test_what_a_stall_held_up_fills_it():
    assert bins.cap([1.25, 0.0, 2.5, 1.25], 1.25) == [1.25] * 4


@given(ROWS)
def test_the_interval_holds_the_mean(row):
    level = bins.level(row)
    assert 0 <= level.low <= level.mean + 1e-9
    assert level.mean <= level.high


def test_neighbours_that_are_alike_know_less():
    rng = random.Random(1)
    row = [1 + rng.gauss(0, 0.3) for _ in range(100)]
    assert bins.level(sorted(row)).error > 2 * bins.level(row).error


def test_more_bins_know_more():
    assert bins.level([1.0] * 60).error < bins.level([1.0] * 10).error


def test_smooth_bins_are_means_of_neighbours():
    assert bins.smooth([0.0, 3.0, 0.0, 3.0], 3) == [1.0, 2.0]
