from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.formulas import voice
from agent.formulas.voice import Way

PERCENT = st.floats(0, 100)


@pytest.mark.parametrize(
    ("delay_ms", "loss_pct", "burst_ratio", "r"),
    [
        (50, 0, 1, 93.2),
        (100, 0, 1, 93.2),
        (150, 0, 1, 93.0),
        (150, 1, 1, 89.4),
        (150, 1, 4, 89.3),
        (200, 2, 1, 83.1),
        (300, 1, 1, 74.8),
        (400, 3, 2, 58.4),
    ],
)
def test_delay_and_loss_cost_what_the_formulas_of_g_107_say(delay_ms, loss_pct, burst_ratio, r):
    assert voice.r_factor(delay_ms, loss_pct, burst_ratio) == pytest.approx(r, abs=0.05)


@given(st.floats(0, 2000), PERCENT, st.floats(1, 10))
def test_more_of_anything_never_sounds_better(delay_ms, loss_pct, burst_ratio):
    r = voice.r_factor(delay_ms, loss_pct, burst_ratio)
    assert 0 <= r <= 93.2
    worse = (delay_ms + 10, loss_pct, burst_ratio), (delay_ms, loss_pct + 1, burst_ratio), (delay_ms, loss_pct, 11)
    assert all(voice.r_factor(*one) <= r + 1e-9 for one in worse)


def test_a_good_path_is_unimpaired_whatever_the_clocks_say():
    assert voice.heard(Way([1e7 + number % 3 for number in range(500)], 20.0), 20.0) == pytest.approx(93.2)


def test_nobody_hears_anything_where_nothing_comes():
    assert voice.heard(Way([None] * 10, 20.0), 20.0) == 0.0


def test_packets_too_late_for_the_buffer_count_as_lost():
    late = [400.0 if number % 20 == 0 else 10.0 for number in range(1000)]  # more than 1 %, and beyond any buffer
    lost = [None if number % 20 == 0 else 10.0 for number in range(1000)]
    r = voice.heard(Way(late, 20.0), 10.0)
    assert r == pytest.approx(voice.r_factor(20 + 10 + voice.MOST_BUFFER_MS, 5.0), abs=0.01)
    assert r < voice.heard(Way(lost, 20.0), 10.0)  # which needs no deep buffer


def test_the_buffer_grows_for_jitter_and_costs_delay():
    dice = random.Random(1)
    jittered = [dice.uniform(0, 150) for _ in range(500)]
    assert voice.heard(Way(jittered, 20.0), 100.0) < voice.heard(Way([0.0] * 500, 20.0), 100.0)


def test_a_row_of_losses_within_one_packet_of_speech_is_no_burst():
    lost = [None if number % 100 < 5 else 1.0 for number in range(5000)]  # rows of 5
    sparse, dense = voice.heard(Way(lost, 20.0), 10.0), voice.heard(Way(lost, 2.0), 10.0)
    assert dense == pytest.approx(voice.r_factor(70, 5.0), abs=0.01)
    assert sparse == pytest.approx(voice.r_factor(70, 5.0, 5 * 0.95), abs=0.01)
