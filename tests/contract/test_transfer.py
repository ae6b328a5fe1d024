from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import transfer

NEED_BPS = 5e6
WISHES = st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 1.0)), max_size=60)  # needs asked for, seconds


def moved_need_s(line_rate):
    """Return what a steady line has moved when the pace turns to the hold."""
    excess, moved, step_s = 0.0, 0.0, 0.001
    while transfer.pace_bps(1.0, excess) == transfer.PEAK:
        sent = min(line_rate, transfer.PEAK) * step_s
        moved += sent
        excess = transfer.excess(excess, sent / 8, step_s, 1.0)
    return moved


@settings(max_examples=300)
@given(st.floats(0, transfer.BUCKET_NEED_S), st.floats(0, transfer.REFILL), WISHES)
def test_what_a_promised_bucket_lets_by_never_outruns_it(bucket, rate, wishes):
    tokens, excess = bucket, 0.0
    for wish, seconds in wishes:
        packets = min(wish * seconds, tokens + rate * seconds)
        tokens = min(bucket, tokens + rate * seconds - packets)
        excess = transfer.excess(excess, packets / transfer.PACKET / 8, seconds, 1.0)
        assert excess <= transfer.BUCKET_NEED_S + 1e-9


@settings(max_examples=200)
@given(st.floats(0.5, transfer.BUCKET_NEED_S), st.floats(1, 40), st.floats(0, 3), st.floats(0.05, 4))
def test_a_reader_that_was_starved_does_not_take_what_waited_for_speed(bucket, peak, starved_at_s, starved_s):
    tokens, excess, waiting, read_s = bucket, 0.0, 0.0, 0.0
    for step in range(1, 121):
        packets = min(peak * transfer.BIN_S, tokens + transfer.REFILL * transfer.BIN_S)
        tokens += transfer.REFILL * transfer.BIN_S - packets
        waiting += packets
        now_s = step * transfer.BIN_S
        if not starved_at_s <= now_s < starved_at_s + starved_s:
            is_late = now_s - read_s > 1.5 * transfer.BIN_S
            taken = min(waiting, 0.02) if is_late else waiting  # a first block; the rest at the next bin's end
            excess = transfer.excess(excess, taken / transfer.PACKET / 8, now_s - read_s, 1.0)
            waiting, read_s = waiting - taken, now_s
        assert excess <= transfer.BUCKET_NEED_S + transfer.REFILL * transfer.BIN_S + 1e-9


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 1.0)), max_size=60), st.floats(1e5, 1e8))
def test_the_excess_is_in_need_seconds_whatever_the_need(trace, need_bps):
    of_one, of_need = 0.0, 0.0
    for rate, seconds in trace:
        of_one = transfer.excess(of_one, rate * seconds / 8, seconds, 1.0)
        of_need = transfer.excess(of_need, rate * seconds * need_bps / 8, seconds, need_bps)
    assert of_need == pytest.approx(of_one)


def test_a_fast_line_drains_what_is_reserved_for_it_and_a_slower_one_more():
    assert moved_need_s(100.0) == pytest.approx(transfer.DRAIN_NEED_S, abs=0.02)
    assert moved_need_s(4.0) > moved_need_s(8.0)


@pytest.mark.parametrize("line_rate", [3.0, 4.0, 8.0])
def test_drain_and_a_second_of_hold_fit_into_what_may_be_moved(line_rate):
    assert moved_need_s(line_rate) + transfer.HOLD <= transfer.MOST_NEED_S


def test_bytes_are_those_of_the_need():
    assert transfer.bytes_of(NEED_BPS, 1) == 625_000
    assert transfer.most_bytes(NEED_BPS) == 8_812_500


def test_what_acknowledges_a_download_is_taken_from_the_upload():
    assert transfer.most_bytes(1.5e6, gone_bytes=140_000) == transfer.most_bytes(1.5e6) - 140_000
    assert transfer.most_bytes(1e5, gone_bytes=10_000_000) == 0
