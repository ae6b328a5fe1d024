"""Shares are whole, sum up, and are nearest to proportion."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.demo.apportion import apportion

weights = st.lists(st.floats(0.001, 1000), min_size=1, max_size=50)


@given(st.integers(0, 40_000), weights)
def test_shares_sum_to_the_whole_and_none_is_a_whole_one_off_its_quota(total: int, among: list[float]) -> None:
    shares = apportion(total, among)
    assert sum(shares) == total
    for share, weight in zip(shares, among, strict=True):
        assert abs(share - total * weight / sum(among)) < 1 + 1e-6


def test_the_largest_remainders_are_served_first_and_of_equal_ones_the_earlier() -> None:
    assert apportion(10, [6, 2.5, 1.5]) == [6, 3, 1]
    assert apportion(2, [1, 1, 1]) == [1, 1, 0]
    assert apportion(7, [0, 1]) == [0, 7]
