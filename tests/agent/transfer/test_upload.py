"""The pace of an upload; uploads themselves run in test_trial.py and over emulated lines in the link lab."""

from __future__ import annotations

import pytest

from agent.transfer.upload import Drain
from contract import transfer

NEED_BPS = 8e6  # a need-second is a megabyte
DRAINING, HOLDING = transfer.PEAK * NEED_BPS, transfer.HOLD * NEED_BPS


@pytest.fixture
def drain():
    return Drain(NEED_BPS, round_trip_s=0.1)


def acknowledge(drain, need_s, under_way_need_s=0.0, seconds=1.0):
    drain.acknowledged(0, 0, 0.0)
    drain.acknowledged(int(need_s * 1e6), int(under_way_need_s * 1e6), seconds)


def test_it_drains_until_the_server_tells_that_the_bucket_is_empty(drain):
    drain.arrived(int(7e6), 0.5)
    assert drain.pace_bps(0.5) == DRAINING
    drain.arrived(int(2e6), 0.5)
    assert drain.pace_bps(1.0) == HOLDING


def test_it_holds_as_soon_as_tcp_says_so(drain):
    acknowledge(drain, need_s=9.0)
    assert drain.pace_bps(1.0) == HOLDING


def test_it_holds_as_soon_as_what_is_under_way_will_have_emptied_the_bucket(drain):
    acknowledge(drain, need_s=7.0, under_way_need_s=1.0)
    assert drain.pace_bps(1.0) == DRAINING
    acknowledge(drain, need_s=7.0, under_way_need_s=1.6)
    assert drain.pace_bps(1.0) == HOLDING


def test_it_goes_on_draining_when_a_proxy_acknowledged_what_it_kept(drain):
    acknowledge(drain, need_s=9.0)
    drain.arrived(int(5e6), 1.0)
    assert drain.pace_bps(1.1) == HOLDING
    assert drain.pace_bps(2.0) == DRAINING


def test_it_keeps_to_the_hold_once_the_server_has_told_so(drain):
    drain.arrived(int(9e6), 1.0)
    drain.arrived(0, 3.0)
    assert drain.pace_bps(4.0) == HOLDING


def test_where_tcp_does_not_tell_the_server_alone_decides(drain):
    drain.acknowledged(None, int(9e6), 0.0)
    drain.acknowledged(None, int(9e6), 1.0)
    assert drain.pace_bps(1.0) == DRAINING
