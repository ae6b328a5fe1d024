"""The round trip beside a transfer: the newest packets tell, also while earlier ones are still under way."""

import threading

import pytest

from agent import packets
from agent.transfer import delay
from agent.transfer.delay import Trip, Watch


def watch(*trips):
    seen = Watch()
    seen.trips = [Trip(*trip) for trip in trips]
    return seen


@pytest.mark.parametrize(
    ("trips", "latest_ms"),
    [
        ([], None),
        ([(1.0, 900.0), (9.5, 20.0), (9.7, 30.0), (9.9, 40.0)], 30.0),  # the drain's are over
        ([(1.0, 900.0), (2.0, 10.0), (3.0, 20.0), (4.0, 20.0), (5.0, 30.0)], 20.0),  # silence: the last four
        ([(9.9, 20.0), (10.1, 500.0)], 20.0),  # after the end it was not beside the transfer
    ],
)
def test_the_last_packets_before_the_end_count(trips, latest_ms):
    assert watch(*trips).latest_ms(10.0) == latest_ms


def test_what_came_back_is_known_while_others_are_lost(monkeypatch):
    told, over = threading.Event(), threading.Event()

    def keep_asking(host, udp_port, interval_s, is_over, on_echo):
        on_echo(1.0, packets.Echo(0, 12.0, 0.0))
        told.set()
        while not is_over():
            over.wait(0.001)

    monkeypatch.setattr(packets, "keep_asking", keep_asking)
    with delay.watched("h", 1) as seen:
        assert told.wait(5)
        assert seen.latest_ms(1.0) == 12.0


def test_a_host_without_a_name_is_silent(monkeypatch):
    def keep_asking(*_):
        raise OSError

    monkeypatch.setattr(packets, "keep_asking", keep_asking)
    with delay.watched("h", 1) as seen:
        pass
    assert seen.latest_ms(1.0) is None
