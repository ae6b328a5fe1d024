from __future__ import annotations

import json
import random
from itertools import chain, repeat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.formulas.sequential import Need, SequentialTest
from contract import transfer

NEED = Need(5e6, 2e6)
TRACES = sorted((Path(__file__).parent / "traces").glob("*.json"))
RATES = st.floats(0, 60)


def measure(trace, need=NEED, round_trip_s=0.03):
    """Feed (needs, seconds) until the test is sure, or has to give up."""
    test = SequentialTest(need, round_trip_s)
    for rate, seconds in trace:
        result = test.add(transfer.bytes_of(need.ready_bps, rate * seconds), seconds)
        if result is not None:
            return result
    return test.give_up()


def line(rates, bucket=0.0, peak=0.0):
    """Yield the bins of a paced transfer over a line of these rates, 10 for a second, behind a full bucket."""
    tokens, excess, step_s = bucket, 0.0, transfer.BIN_S / 10
    for rate in rates:
        moved = 0.0
        for _ in range(10):
            tokens = min(bucket, tokens + transfer.PACKET * rate * step_s)  # it counts packets
            most = max(rate, peak) * step_s if tokens > transfer.PACKET * rate * step_s else rate * step_s
            sent = min(most, transfer.pace_bps(1.0, excess) * step_s, tokens / transfer.PACKET if bucket else most)
            tokens = max(0.0, tokens - transfer.PACKET * sent)
            excess = transfer.excess(excess, sent / 8, step_s, 1.0)
            moved += sent
        yield moved / transfer.BIN_S, transfer.BIN_S


def steady(rate, **bucket):
    return measure(line(repeat(rate, 200), **bucket))


def need_seconds(result):
    return result.moved_bytes / transfer.bytes_of(NEED.ready_bps, 1)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5, 0.8, 0.9])
def test_a_line_below_the_need_fails(rate):
    assert steady(rate).outcome == "fails"


@pytest.mark.parametrize("rate", [1.1, 1.25, 1.6, 2.0, 2.5, 3.0, 4.0, 8.0, 50.0])
def test_a_line_above_the_need_carries(rate):
    assert steady(rate).outcome == "carries"


def test_a_line_at_the_need_is_unsure_and_does_not_cost_all_that_may_be_moved():
    result = steady(1.0)
    assert result.outcome == "unsure"
    assert need_seconds(result) < 8


def test_a_slow_line_costs_little():
    result = steady(0.25)
    assert need_seconds(result) < 0.5
    assert result.seconds <= 1.2


@pytest.mark.parametrize(("rate", "most_need_s"), [(1.25, 3), (1.6, 6)])
def test_a_line_that_cannot_outrun_a_whole_bucket_is_taken_as_it_looks(rate, most_need_s):
    result = steady(rate)
    assert result.outcome == "carries"
    assert need_seconds(result) < most_need_s


@pytest.mark.parametrize("rate", [2.3, 2.6])
def test_a_line_that_can_has_to_and_carries_without_a_hold_of_its_own(rate):
    result = steady(rate)
    assert result.outcome == "carries"
    assert transfer.BUCKET_NEED_S < need_seconds(result) < transfer.MOST_NEED_S


def test_a_fast_line_costs_the_drain_and_half_a_second_of_hold_whatever_its_speed():
    fast = steady(transfer.PEAK)
    assert fast._replace(bins=()) == steady(500.0)._replace(bins=())
    assert need_seconds(fast) < transfer.DRAIN_NEED_S + 1
    assert fast.seconds < 2.0


@pytest.mark.parametrize(("rate", "side"), [(0.1, "below"), (0.3, "below"), (0.5, "above"), (0.85, "above")])
def test_a_line_that_fails_says_on_which_side_of_the_minimum_it_lies(rate, side):
    assert steady(rate).minimum == side


def test_the_side_of_the_minimum_stays_unsure_when_the_line_lies_on_it():
    assert steady(0.4)[:2] == ("fails", "unsure")


def test_where_ready_limit_and_minimum_are_one_what_fails_lies_below():
    assert measure(line(repeat(0.9, 200)), Need(5e6, 5e6))[:2] == ("fails", "below")


def test_the_rate_is_that_after_the_burst():
    result = steady(0.6, bucket=4.0, peak=20.0)
    assert result.outcome == "fails"
    assert result.low_bps <= 0.6 * NEED.ready_bps <= result.high_bps
    assert result.rate_bps == pytest.approx(0.6 * NEED.ready_bps, rel=0.05)


def test_the_pacing_caps_the_rate_and_its_interval():
    result = steady(40.0)
    assert result.rate_bps == pytest.approx(transfer.HOLD * NEED.ready_bps, rel=1e-4)
    assert result.high_bps == transfer.HOLD * NEED.ready_bps


def test_a_bucket_that_runs_empty_fails_soon_after():
    for rate in (0.3, 0.5, 0.7):
        empty_after_s = 4.0 / (8.0 - rate)
        assert steady(rate, bucket=4.0, peak=8.0).seconds < empty_after_s + 1.5


@settings(max_examples=300, deadline=None)
@given(st.floats(0.05, 8.0), st.floats(0.02, 0.8), st.one_of(st.floats(2.3, 8.0), st.floats(8.0, 200.0)))
def test_no_bucket_of_eight_need_seconds_makes_a_line_of_four_fifths_of_the_need_carry(bucket, rate, peak):
    assert steady(rate, bucket=bucket, peak=peak).outcome == "fails"


@settings(max_examples=100, deadline=None)
@given(st.floats(0.0, 8.0), st.floats(0.1, 0.8), st.floats(2.5, 100.0), st.integers(0, 10**6))
def test_nor_does_it_under_noise(bucket, rate, peak, seed):
    rng = random.Random(seed)
    noisy = (max(0.0, rng.gauss(rate, 0.1 * rate)) for _ in range(200))
    assert measure(line(noisy, bucket=bucket, peak=peak)).outcome != "carries"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(RATES, st.floats(0.01, 0.5)), max_size=200))
def test_whatever_arrives_the_result_is_one_and_its_interval_holds_its_rate(trace):
    result = measure(trace)
    assert result.outcome in ("carries", "fails", "unsure")
    assert (result.minimum != "") == (result.outcome == "fails")
    assert 0 <= result.low_bps <= result.rate_bps <= result.high_bps + 1e-6


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 4), min_size=1, max_size=20))
def test_no_line_makes_it_take_more_than_it_may(rates):
    result = measure(line(chain.from_iterable(repeat(rates))))
    largest_bin = transfer.PEAK * transfer.BIN_S
    assert need_seconds(result) <= transfer.MOST_NEED_S + largest_bin
    assert result.seconds <= transfer.MOST_S + transfer.BIN_S


@pytest.mark.parametrize("round_trip_s", [0.015, 0.1, 0.3])
def test_slow_start_does_not_count(round_trip_s):
    def rising():
        window = 14_600 / transfer.bytes_of(NEED.ready_bps, 1)
        for n in range(200):
            yield min(1.3, window / round_trip_s * 2 ** (n * transfer.BIN_S // round_trip_s)), transfer.BIN_S

    assert measure(rising(), round_trip_s=round_trip_s).outcome == "carries"


@pytest.mark.parametrize("starved", range(2, 14))
def test_a_client_that_is_starved_for_two_bins_and_then_reads_all_does_not_fail(starved):
    bins = [(1.4, 0.1)] * starved + [(0.0, 0.1), (0.0, 0.1), (4.2, 0.1)] + [(1.4, 0.1)] * 60
    assert measure(bins).outcome == "carries"


def test_two_bins_that_came_as_one_are_two():
    assert measure([(0.0, 0.1), (2.6, 0.1)] * 60).outcome == "carries"
    assert measure([(0.0, 0.1), (1.6, 0.1)] * 60).outcome == "fails"


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2])
@pytest.mark.parametrize(("rate", "outcome"), [(0.8, "fails"), (1.4, "carries")])
def test_bins_may_have_any_length(seconds, rate, outcome):
    assert measure([(rate, seconds)] * 400).outcome == outcome


@pytest.mark.parametrize("stall_at", range(0, 20, 3))
def test_a_stall_of_a_second_does_not_make_a_good_line_fail(stall_at):
    rates = [1.6] * stall_at + [0.0] * 10 + [1.6] * 180
    assert measure(line(rates)).outcome == "carries"


def test_a_line_that_stalls_for_good_fails():
    assert measure(line([1.6] * 10 + [0.0] * 180)).outcome != "carries"


@pytest.mark.parametrize("bins", [0, 1, 4, 6])
def test_a_transfer_that_breaks_off_at_once_says_nothing(bins):
    assert measure([(1.0, 0.1)] * bins).outcome == "unsure"


def test_a_transfer_that_has_spent_all_it_may_is_decided_by_less():
    def broken_off():
        test = SequentialTest(NEED, 0.03)
        for n in range(12):
            test.add(transfer.bytes_of(NEED.ready_bps, 0.1 * (0.88, 1.0)[n % 2]), 0.1)
        return test

    assert broken_off().give_up().outcome == "unsure"
    assert broken_off().give_up(is_spent=True).outcome == "fails"


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_a_recorded_trace_is_judged_as_it_says(path):
    """A trace: need and round trip, `bins` as [bytes, seconds], and what is to come of it; see traces/README.md."""
    trace = json.loads(path.read_text(encoding="utf-8"))
    test = SequentialTest(Need(trace["ready_bps"], trace["minimum_bps"]), trace["round_trip_s"])
    results = (test.add(moved_bytes, seconds) for moved_bytes, seconds in trace["bins"])
    result = next((result for result in results if result is not None), None) or test.give_up()
    assert (result.outcome, result.minimum) == (trace["outcome"], trace["minimum"])
