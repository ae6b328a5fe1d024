"""The stream of a slot, against a reflector that plays the path and sometimes misbehaves."""

from __future__ import annotations

import asyncio
import itertools
import select
import socket
import threading
import time
from concurrent.futures import Future

import pytest

from agent import stream
from agent.probes import path
from collector.probe_server.reflector import RateLimit, Reflector, reflecting
from contract import stamp
from contract.clock import Clock
from contract.probing import Stream

SHAPE = Stream(packets_per_s=500, packets=100, up_bytes=200, down_bytes=300)
TOKEN = "t" * 22
COOKIE = b"12345678"


class Far:
    """The far end: it lets fall what a test wants to be lost."""

    def __init__(self, lost_up=(), lost_down=(), answer=None, asked=None) -> None:
        self.lost_up, self.lost_down = set(lost_up), set(lost_down)
        self.answer = answer or (lambda packet, seq, at: [stamp.reflect(packet, seq, at, at)])
        self.asked = asked or (lambda packet, came: [stamp.with_cookie(stamp.reflect(packet, came, 0, 0), COOKIE)])
        self.sizes, self.came = set(), 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self._is_over = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._is_over:
            try:
                packet, sender = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            for answer in self._answers(packet):
                self.socket.sendto(answer, sender)

    def _answers(self, packet):
        if stamp.token_of(packet):
            return self.asked(packet, self.came)
        seq = stamp.seq_of(packet)
        if seq in self.lost_up or stamp.cookie_in(packet) != COOKIE:
            return []
        self.sizes.add(len(packet))
        self.came += 1
        answers = self.answer(packet, self.came - 1, time.time_ns() // 1000)
        return [] if seq in self.lost_down else answers

    def close(self) -> None:
        self._is_over = True
        self._thread.join()
        self.socket.close()


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Let a short stream be held up by a busy machine."""
    monkeypatch.setattr(stream, "_MOST_LENGTH", 20.0)


@pytest.fixture
def far():
    opened = []

    def start(*args, **options):
        opened.append(Far(*args, **options))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def run(end, shape=SHAPE, wait_s=0.2):
    return stream.run("127.0.0.1", end.port, TOKEN, shape, wait_s)


def test_every_packet_has_the_size_that_was_granted_and_comes_back(far):
    end = far()
    result = run(end)
    assert end.sizes == {SHAPE.up_bytes}
    assert (result.sent, result.arrived) == (100, 100)
    assert [reply.seq for reply in result.replies] == list(range(100))
    assert all(0 <= reply.rtt_ms < 5000 for reply in result.replies)


def test_losses_are_told_apart_by_their_way(far):
    result = run(far(lost_up={1, 2, 50, 99}, lost_down={3, 98}))
    assert result.arrived == 96
    found = path.findings_of("probe:8862", result)
    assert (found.sent, found.received, found.loss_pct) == (100, 94, 6.0)
    assert (found.lost_up.value, found.lost_down.value, found.longest_loss.value) == (4, 2, 3)
    assert found.loss_low_pct.value < 6.0 < found.loss_high_pct.value
    assert 0 < found.r_factor.value < 93.2


def test_the_rate_is_that_of_the_stream_itself(far):
    result = run(far())
    found = path.findings_of("probe:8862", result)
    assert found.up_mbps.value == pytest.approx(100 * 200 * 8 / 1e6 / result.took_s, abs=0.001)
    assert found.down_mbps.value == pytest.approx(100 * 300 * 8 / 1e6 / result.took_s, abs=0.001)


def test_doubled_foreign_and_impossible_answers_do_not_count(far):
    def answer(packet, seq, at):
        good = stamp.reflect(packet, seq, at, at)
        return [b"junk", stamp.reflect(stamp.encode(7000, 0), seq, at, at), good, good]

    assert [reply.seq for reply in run(far(answer=answer)).replies] == list(range(100))


def test_the_time_that_a_reflector_took_does_not_count(far):
    shape = SHAPE.model_copy(update={"packets": 1})
    began_s = time.perf_counter()

    def answer(packet, seq, at):
        time.sleep(0.1)
        return [stamp.reflect(packet, seq, at, at + 100_000)]

    (reply,) = run(far(answer=answer), shape, 5.0).replies
    assert 0 <= reply.rtt_ms <= (time.perf_counter() - began_s) * 1000 - 100


@pytest.mark.parametrize("took_us", [3_600_000_000, -3_600_000_000])
def test_a_reflector_that_took_longer_than_the_whole_way_or_less_than_nothing_is_not_believed(far, took_us):
    def answer(packet, seq, at):
        return [stamp.reflect(packet, seq, at, at + took_us)]

    assert all(0 < reply.rtt_ms < 10_000 for reply in run(far(answer=answer)).replies)


def test_an_answer_that_waited_for_us_did_not_take_longer(far, monkeypatch):
    wait, turns = select.select, itertools.count()

    def held_up(*args):
        ready = wait(*args)
        if next(turns) == 50:
            time.sleep(0.3)
        return ready

    monkeypatch.setattr("agent.stream.select.select", held_up)
    result = run(far())
    assert len(result.replies) == 100
    assert max(reply.rtt_ms for reply in result.replies) < 250


def test_a_server_that_does_not_know_the_slot_is_told_apart_from_silence(far):
    plain = far(asked=lambda packet, came: [stamp.reflect(packet, 9, 0, 0)])
    with pytest.raises(stream.NoStream):
        run(plain)


def test_silence_ends(far, monkeypatch):
    monkeypatch.setattr(stream, "_ASK_EVERY_S", 0.01)
    with pytest.raises(TimeoutError):
        run(far(asked=lambda packet, came: []))


def test_what_is_lost_while_opening_is_sent_again(far, monkeypatch):
    monkeypatch.setattr(stream, "_ASK_EVERY_S", 0.02)
    turn = iter(range(1000))

    def every_third(packet, came):
        return [stamp.with_cookie(stamp.reflect(packet, came, 0, 0), COOKIE)] if next(turn) % 3 == 2 else []

    assert run(far(asked=every_third)).arrived == 100


def test_a_slot_that_is_over_before_the_end_leaves_the_ways_together(far, monkeypatch):
    monkeypatch.setattr(stream, "_ASK_EVERY_S", 0.01)

    def asked(packet, came):
        answer = stamp.reflect(packet, came, 0, 0)
        return [answer if came else stamp.with_cookie(answer, COOKIE)]

    result = run(far(lost_up={5}, asked=asked))
    assert result.arrived is None
    found = path.findings_of("probe:8862", result)
    assert (found.received, found.lost_up.why, found.r_factor.why) == (99, "absent", "absent")


def test_a_stream_granted_by_the_real_reflector_comes_through():
    ends = Future()

    async def serve():
        reflector = Reflector(Clock(), RateLimit(), lambda token, now_s: SHAPE if token == TOKEN else None)
        over = asyncio.Event()
        with reflecting(reflector, "127.0.0.1", 0) as port:
            ends.set_result((port, asyncio.get_running_loop(), over))
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    port, loop, over = ends.result(timeout=10)
    try:
        result = stream.run("127.0.0.1", port, TOKEN, SHAPE)
        assert (result.arrived, len(result.replies)) == (100, 100)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


def test_a_stream_that_this_machine_cannot_send_ends_and_tells_what_was_sent(far, monkeypatch):
    monkeypatch.setattr(stream, "_MOST_LENGTH", 1.5)
    send = stream._Sender._send
    monkeypatch.setattr(stream._Sender, "_send", lambda self, now_s: self.sent < 10 and send(self, now_s))
    result = run(far())
    assert (result.sent, result.arrived, len(result.replies)) == (10, 10, 10)
