from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from collector.judge.cuts import LEAST_SITES, REACHES_US, WITHIN_US, Cut, Loss, find_cuts

SECOND = 1_000_000
NOW = 1_692_061_200 * SECOND


def at(*seconds_ago: int, unit_id: int = 1) -> list[Loss]:
    return [Loss(100 * unit_id + n, unit_id, NOW - ago * SECOND) for n, ago in enumerate(seconds_ago)]


def test_three_sites_of_a_unit_lost_within_a_minute_were_lost_together() -> None:
    assert find_cuts(at(70, 40, 10), NOW) == [Cut(1, (100, 101, 102), NOW - 70 * SECOND)]


def test_two_sites_are_no_cut_and_neither_are_three_over_more_than_a_minute() -> None:
    assert find_cuts(at(20, 10), NOW) == []
    assert find_cuts(at(71, 40, 10), NOW) == []


def test_sites_of_different_units_are_not_lost_together() -> None:
    assert find_cuts([*at(10, 10), *at(10, 10, unit_id=2)], NOW) == []


def test_a_silent_cut_is_one_though_its_sites_are_noticed_over_two_minutes() -> None:
    (cut,) = find_cuts(at(150, 120, 90, 60, 30), NOW)
    assert len(cut.sites) == 5


def test_two_cuts_of_a_unit_are_told_apart_and_the_latest_comes_first() -> None:
    cuts = find_cuts(at(910, 905, 900, 500, 20, 15, 10), NOW)
    assert [(len(cut.sites), cut.since_at) for cut in cuts] == [(3, NOW - 20 * SECOND), (3, NOW - 910 * SECOND)]


def test_what_was_lost_days_ago_is_no_news() -> None:
    days = REACHES_US // SECOND + 1
    assert find_cuts(at(days, days, days), NOW) == []


losses = st.lists(st.builds(Loss, st.integers(1, 10**6), st.integers(1, 3), st.integers(NOW - 600 * SECOND, NOW)))


@given(losses)
def test_a_site_is_in_a_cut_exactly_when_two_others_of_its_unit_fell_into_one_minute_with_it(
    lost: list[Loss],
) -> None:
    lost = list({loss.site_id: loss for loss in lost}.values())

    def fell_together(loss: Loss) -> bool:
        near = sorted(other.at for other in lost if other.unit_id == loss.unit_id)
        windows = zip(near, near[LEAST_SITES - 1 :], strict=False)
        return any(last - first <= WITHIN_US and first <= loss.at <= last for first, last in windows)

    cuts = find_cuts(lost, NOW)
    found = [site_id for cut in cuts for site_id in cut.sites]
    assert len(found) == len(set(found))
    assert set(found) == {loss.site_id for loss in lost if fell_together(loss)}
