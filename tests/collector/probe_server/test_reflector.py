"""The reflector, asked over real sockets; its rate limit by a clock of our own."""

import socket
import time

import pytest

from collector.probe_server.reflector import RateLimit
from contract import stamp


@pytest.fixture
def sender(ports):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect(("127.0.0.1", ports.udp))
        yield sock


def test_an_answer_tells_the_packet_its_times_and_the_reflectors_own(sender):
    before_us = time.time_ns() // 1000
    sender.send(stamp.encode(7, before_us))
    answer = stamp.decode(sender.recv(2048))

    assert (answer.sender_seq, answer.reflector_seq, answer.sent_us) == (7, 7, before_us)
    assert before_us - 1 <= answer.arrived_us <= answer.returned_us <= time.time_ns() // 1000 + 1


@pytest.mark.parametrize("size", [stamp.SIZE, 200, 1400])
def test_an_answer_is_never_longer_than_the_packet(sender, size):
    sender.send(stamp.encode(1, 0).ljust(size, b"\0"))
    assert len(sender.recv(2048)) == stamp.SIZE <= size


def test_packets_too_short_get_no_answer(sender):
    for size in range(stamp.SIZE):
        sender.send(b"\0" * size)
    sender.send(stamp.encode(99, 0))
    assert stamp.decode(sender.recv(2048)).sender_seq == 99  # the first answer of all


def test_an_address_that_floods_is_answered_no_more_than_its_burst(sender):
    for seq in range(2000):
        sender.send(stamp.encode(seq, 0))
    answers = 0
    sender.settimeout(0.5)
    try:
        while sender.recv(2048):
            answers += 1
    except TimeoutError:
        pass
    assert 1 <= answers < 2000


def test_a_rate_limit_lets_a_burst_through_and_then_the_rate():
    limit = RateLimit(per_s=10, burst=3)
    assert [limit.admits("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert [limit.admits("a", 0.1), limit.admits("a", 0.1)] == [True, False]
    assert sum(limit.admits("a", 0.1 + step / 100) for step in range(1, 101)) == 10


def test_a_rate_limit_counts_each_address_by_itself():
    limit = RateLimit(per_s=1, burst=1)
    assert limit.admits("a", 0.0)
    assert not limit.admits("a", 0.0)
    assert limit.admits("b", 0.0)


def test_a_rate_limit_forgets_the_least_lately_seen_and_stays_small():
    limit = RateLimit(per_s=1, burst=1, max_addresses=2)
    for address in ("a", "b", "a", "c"):  # "b" is forgotten
        limit.admits(address, 0.0)
    assert not limit.admits("a", 0.0)
    assert limit.admits("b", 0.0)
