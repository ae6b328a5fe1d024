from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.formulas.playback import HORIZON_S, Playback, predict

BITRATE_BPS = 4e6


def test_a_line_with_room_to_spare_never_stalls():
    assert predict([8e6] * 10, BITRATE_BPS) == Playback(startup_s=4.0, stalls=0, stall_s=0.0, rebuffer_ratio=0.0)


def test_a_line_below_the_bitrate_stalls_again_and_again():
    seen = predict([3e6], BITRATE_BPS)
    assert seen.startup_s == pytest.approx(10.7)
    assert seen.stalls == 8
    assert seen.rebuffer_ratio == pytest.approx(0.18, abs=0.01)


def test_over_a_whole_event_the_share_of_stalls_is_what_the_line_lacks():
    assert predict([3e6], BITRATE_BPS, horizon_s=5400).rebuffer_ratio == pytest.approx(0.25, abs=0.01)


def test_what_lies_in_the_buffer_bridges_a_short_outage_and_no_long_one():
    assert predict([8e6] * 240 + [0.0] * 60, BITRATE_BPS).stalls == 0
    assert predict([8e6] * 450 + [0.0] * 150, BITRATE_BPS)[1:] == (1, 4.9, 0.0817)


@pytest.mark.parametrize("bins_bps", [[0.0], [1.0] * 5])
def test_a_line_that_brings_nothing_shows_nothing(bins_bps):
    assert predict(bins_bps, BITRATE_BPS) == Playback(None, 0, 0.0, 1.0)


@pytest.mark.parametrize(("bins_bps", "bitrate_bps"), [([], BITRATE_BPS), ([8e6], 0.0), ([8e6], -1.0)])
def test_without_bins_or_bitrate_there_is_no_prediction(bins_bps, bitrate_bps):
    assert predict(bins_bps, bitrate_bps) is None


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50), st.floats(1e5, 1e8))
def test_what_is_seen_fits_into_the_horizon(bins_bps, bitrate_bps):
    seen = predict(bins_bps, bitrate_bps)
    assert 0 <= seen.rebuffer_ratio <= 1
    assert seen.stall_s <= HORIZON_S
    assert (seen.startup_s or 0.0) <= HORIZON_S
    assert (seen.stalls == 0) == (seen.stall_s == 0)


@given(st.floats(1e5, 1e7))
def test_twice_the_rate_never_shows_less(rate_bps):
    slow, fast = predict([rate_bps], BITRATE_BPS), predict([2 * rate_bps], BITRATE_BPS)
    assert fast.rebuffer_ratio <= slow.rebuffer_ratio
    assert (fast.startup_s or HORIZON_S) <= (slow.startup_s or HORIZON_S)
