from __future__ import annotations

import socket
import threading
import time

import pytest

from agent import packets
from agent.packets import Echo
from contract import stamp


def test_the_offset_is_that_of_the_quickest_packet():
    assert packets.offset_ms([Echo(0, 30.0, 99.0), Echo(1, 2.0, -5.0), Echo(2, 40.0, 1.0)]) == -5.0
    assert packets.offset_ms([]) is None


class Reflector:
    """Answers packets as a test wants."""

    def __init__(self, answer) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.port = self.socket.getsockname()[1]
        self._answer = answer
        self._is_over = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        seq = 0
        while not self._is_over:
            try:
                packet, sender = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            for answer in self._answer(seq, packet):
                self.socket.sendto(answer, sender)
            seq += 1

    def close(self) -> None:
        self._is_over = True
        self._thread.join()
        self.socket.close()


@pytest.fixture
def reflect():
    opened = []

    def start(answer):
        opened.append(Reflector(answer))
        return opened[-1].port

    yield start
    for reflector in opened:
        reflector.close()


def ahead_by(seconds):
    def answer(seq, packet):
        now_us = time.time_ns() // 1000 + int(seconds * 1e6)
        return [stamp.reflect(packet, seq, now_us, now_us)]

    return answer


def test_all_packets_come_back_from_a_probe_server(probe_server):
    got = packets.exchange(probe_server.host, probe_server.udp_port, 10, 0.005, 5.0)
    assert sorted(echo.seq for echo in got) == list(range(10))
    assert all(0 <= echo.rtt_ms < 5000 for echo in got)


def test_whoever_keeps_asking_hears_of_each_answer_as_it_comes_whatever_is_lost(reflect):
    heard = []
    port = reflect(lambda seq, packet: [] if seq % 2 else ahead_by(0)(seq, packet))
    packets.keep_asking(
        "127.0.0.1", port, 0.005, lambda: len(heard) >= 3, lambda at_s, echo: heard.append((at_s, echo))
    )
    assert [echo.seq for _, echo in heard] == [0, 2, 4]
    assert [at_s for at_s, _ in heard] == sorted(at_s for at_s, _ in heard)


def test_our_clock_is_behind_a_reflector_that_is_an_hour_ahead(reflect):
    got = packets.exchange("127.0.0.1", reflect(ahead_by(3600)), 3, 0.005, 5.0)
    assert packets.offset_ms(got) == pytest.approx(-3_600_000, abs=1000)


def test_lost_doubled_and_foreign_answers_are_told_apart(reflect):
    def answer(seq, packet):
        if seq == 1:
            return []
        good = ahead_by(0)(seq, packet)[0]
        return [good, good, b"junk", stamp.reflect(stamp.encode(77, 0), seq, 0, 0)]

    got = packets.exchange("127.0.0.1", reflect(answer), 4, 0.005, 0.5)
    assert sorted(echo.seq for echo in got) == [0, 2, 3]


def test_where_nobody_listens_nothing_comes_back(free_port):
    assert packets.exchange("127.0.0.1", free_port(), 3, 0.005, 0.2) == []


def test_the_time_that_a_reflector_took_does_not_count(reflect):
    def answer(seq, packet):
        now_us = time.time_ns() // 1000
        time.sleep(0.2)
        return [stamp.reflect(packet, seq, now_us, now_us + 200_000)]

    port = reflect(answer)
    start_s = time.perf_counter()
    (echo,) = packets.exchange("127.0.0.1", port, 1, 0.005, 5.0)
    assert 0.0 <= echo.rtt_ms <= (time.perf_counter() - start_s) * 1000 - 200


@pytest.mark.parametrize("took_us", [3_600_000_000, -3_600_000_000])
def test_a_reflector_that_took_longer_than_the_whole_way_or_less_than_nothing_is_not_believed(reflect, took_us):
    def answer(seq, packet):
        now_us = time.time_ns() // 1000
        return [stamp.reflect(packet, seq, now_us, now_us + took_us)]

    (echo,) = packets.exchange("127.0.0.1", reflect(answer), 1, 0.005, 5.0)
    assert 0.0 < echo.rtt_ms < 10_000
