from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.formulas import loss

LOST = st.lists(st.booleans(), min_size=1, max_size=300)


def pattern(text):
    """`x` is a packet lost, anything else one that came."""
    return [letter == "x" for letter in text]


def gilbert(share, mean_run, count, dice):
    """A channel of two states that loses this share, in rows of this mean length."""
    to_bad, to_good = share / (1 - share) / mean_run, 1 / mean_run
    is_bad, lost = dice.random() < share, []
    for _ in range(count):
        lost.append(is_bad)
        is_bad = dice.random() >= to_good if is_bad else dice.random() < to_bad
    return lost


@pytest.mark.parametrize(
    ("seen", "count", "low", "high"),
    [
        (0.0, 10, 0.0, 0.2775),  # Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (15 / 148, 148, 0.0624, 0.1605),
        (81 / 263, 263, 0.2553, 0.3662),
        (0 / 20, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(seen, count, low, high):
    assert loss.wilson(seen, count) == pytest.approx((low, high), abs=1e-4)


def test_of_no_packets_nothing_is_known():
    assert loss.interval([]) == (0.0, 1.0)


@given(LOST)
def test_what_was_seen_lies_inside_what_is_possible(lost):
    low, high = loss.interval(lost)
    assert 0.0 <= low <= loss.share(lost) <= high <= 1.0


@given(LOST)
def test_bursts_never_make_a_loss_surer_than_single_losses_do(lost):
    low, high = loss.interval(lost)
    alone = loss.wilson(loss.share(lost), len(lost))
    assert high - low >= alone.high - alone.low - 1e-12


def test_the_correlation_of_many_packets_is_that_of_their_channel():
    dice = random.Random(1)
    assert loss.correlation(gilbert(0.03, 5, 200_000, dice)) == pytest.approx(1 - 1 / 5 - 0.03 / 0.97 / 5, abs=0.02)
    assert loss.correlation([dice.random() < 0.03 for _ in range(200_000)]) == pytest.approx(0.0, abs=0.02)


def test_where_nothing_was_lost_the_interval_reaches_further_than_for_single_losses_and_less_than_three_times():
    high = loss.interval([False] * 1000).high
    assert 0.0037 < high < 3 * 0.0038


@pytest.mark.parametrize("mean_run", [1, 3, 5])
@pytest.mark.parametrize("share", [0.002, 0.01, 0.03])
def test_the_interval_holds_the_true_loss_and_is_no_wider_than_it_must_be(share, mean_run):
    dice = random.Random(share * 1000 + mean_run)
    runs, count = 60, 5000
    r = max(0.0, 1 - 1 / mean_run - share / (1 - share) / mean_run)
    alone = loss.wilson(share, count)
    widest = 2 * (alone.high - alone.low) * math.sqrt((1 + r) / (1 - r))
    found = [loss.interval(gilbert(share, mean_run, count, dice)) for _ in range(runs)]
    assert sum(low <= share <= high for low, high in found) >= 0.85 * runs  # 95 % in the long run
    assert sum(high - low for low, high in found) / runs <= widest


@pytest.mark.parametrize(("text", "rows"), [("", []), ("..", []), ("x..xx", [1, 2]), ("xxx", [3])])
def test_rows_of_losses_are_counted(text, rows):
    assert loss.runs(pattern(text)) == rows


def test_a_burst_begins_and_ends_with_a_loss_and_a_lone_loss_lies_in_the_gap():
    found = loss.bursts(pattern("." * 50 + "x.xx..x" + "." * 100 + "x" + "." * 50))
    assert found == loss.Bursts(7, 4 / 7, 201, 1 / 201, 1)


@pytest.mark.parametrize(("received", "bursts"), [(15, 1), (16, 0)])
def test_sixteen_packets_in_a_row_end_a_burst(received, bursts):
    assert loss.bursts(pattern("x" + "." * received + "x")).bursts == bursts


@given(LOST)
def test_bursts_and_gaps_hold_every_packet_and_every_loss(lost):
    found = loss.bursts(lost)
    assert found.burst_packets + found.gap_packets == len(lost)
    assert found.burst_packets * found.burst_loss + found.gap_packets * found.gap_loss == pytest.approx(sum(lost))
