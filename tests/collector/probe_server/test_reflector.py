"""The reflector: its decisions by a clock of our own, its sockets over loopback."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.probe_server import reflector as module
from collector.probe_server.reflector import Counts, RateLimit, Reflector, reflecting
from contract import stamp
from contract.clock import Clock
from contract.probing import Stream

SHAPE = Stream(packets_per_s=50, packets=20, up_bytes=100, down_bytes=1200)
TOKEN, OTHER_TOKEN = "t" * 22, "o" * 64
HERE, THERE = ("192.0.2.1", 40_000), ("198.51.100.2", 50_000)


class SetClock(Clock):
    def __init__(self):
        self.mono = 0.0

    def mono_s(self):
        return self.mono

    def wall_us(self):
        return 1_800_000_000_000_000 + int(self.mono * 1e6)


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def slots():
    return {TOKEN: SHAPE, OTHER_TOKEN: SHAPE}


@pytest.fixture
def reflector(clock, slots):
    return make(clock, slots)


def make(clock, slots):
    return Reflector(clock, RateLimit(), lambda token, now_s: slots.get(token))


def asking(token=TOKEN, cookie=stamp.NO_COOKIE):
    return stamp.with_token(stamp.encode(9, 0, cookie), token)


def packet(seq, cookie, size=SHAPE.up_bytes):
    return stamp.encode(seq, 0, cookie).ljust(size, b"\0")


def opened(reflector, address=HERE, token=TOKEN):
    """Open a stream as its sender does; return its cookie."""
    cookie = stamp.cookie_of(reflector.answer(asking(token), address))
    assert stamp.cookie_of(reflector.answer(asking(token, cookie), address)) == cookie != stamp.NO_COOKIE
    return cookie


# --- a stream


def test_who_brings_the_cookie_back_gets_the_bytes_of_the_stream_numbered_as_they_are_sent(reflector):
    cookie = opened(reflector)
    answers = [reflector.answer(packet(seq, cookie), HERE) for seq in (0, 3, 2)]
    assert [len(answer) for answer in answers] == [SHAPE.down_bytes] * 3
    assert [stamp.decode(answer)[:2] for answer in answers] == [(0, 0), (1, 3), (2, 2)]


def test_who_asks_again_is_told_how_many_packets_have_come(reflector):
    cookie = opened(reflector)
    for seq in (0, 1, 5):
        reflector.answer(packet(seq, cookie), HERE)
    assert stamp.decode(reflector.answer(asking(TOKEN, cookie), HERE)).reflector_seq == 3


def test_each_packet_of_a_stream_is_answered_once(reflector):
    cookie = opened(reflector)
    assert reflector.answer(packet(0, cookie), HERE)
    assert reflector.answer(packet(0, cookie), HERE) == b""
    assert reflector.answer(packet(SHAPE.packets, cookie), HERE) == b""  # one that the slot does not hold


def test_a_stream_ends_with_its_slot(reflector, clock, slots):
    cookie = opened(reflector)
    assert len(reflector.answer(packet(0, cookie), HERE)) == SHAPE.down_bytes
    del slots[TOKEN]
    clock.mono += module.ASK_AGAIN_S
    assert reflector.answer(packet(1, cookie), HERE) == b""
    assert reflector.streams == 0
    assert stamp.cookie_of(reflector.answer(asking(), HERE)) == stamp.NO_COOKIE


def test_the_end_of_a_stream_tells_its_bytes(reflector, slots):
    cookie = opened(reflector)
    reflector.answer(packet(0, cookie), HERE)
    del slots[TOKEN]
    assert reflector.end(TOKEN) == Counts(1, SHAPE.up_bytes, 1, SHAPE.down_bytes)
    assert reflector.end(TOKEN) == Counts()
    assert len(reflector.answer(packet(1, cookie), HERE)) == stamp.SIZE


def test_the_end_of_a_stream_tells_how_many_packets_found_no_room_since_it_was_opened(reflector):
    reflector.overflowed(7)
    reflector.unsent()
    opened(reflector)
    reflector.overflowed(10)
    reflector.unsent()
    assert reflector.end(TOKEN).lost_here == 4


def test_what_is_received_and_sent_is_counted_in_all(reflector):
    cookie = opened(reflector)
    before = reflector.counts.sent_bytes
    reflector.answer(packet(0, cookie), HERE)
    reflector.answer(stamp.encode(0, 0), THERE)
    assert reflector.counts.sent_bytes - before == SHAPE.down_bytes + stamp.SIZE


def test_a_stream_follows_its_sender_to_another_address_and_what_it_has_had_stays_counted(reflector):
    cookie = opened(reflector)
    reflector.answer(packet(0, cookie), HERE)
    moved = opened(reflector, THERE)
    assert reflector.answer(packet(0, moved), THERE) == b""
    assert stamp.decode(reflector.answer(packet(1, moved), THERE)).reflector_seq == 1
    assert len(reflector.answer(packet(2, cookie), HERE)) == stamp.SIZE


def test_two_slots_from_one_address_take_turns_and_leave_nothing_behind(reflector, slots):
    first = opened(reflector)
    second = opened(reflector, HERE, OTHER_TOKEN)
    assert len(reflector.answer(packet(0, first), HERE)) == stamp.SIZE
    assert len(reflector.answer(packet(0, second), HERE)) == SHAPE.down_bytes
    slots.clear()
    reflector.end(TOKEN)
    reflector.end(OTHER_TOKEN)
    assert reflector.streams == 0


def test_no_more_streams_than_fit_are_open_and_those_of_slots_that_are_over_make_room(monkeypatch, clock, slots):
    monkeypatch.setattr(module, "MAX_STREAMS", 1)
    reflector = make(clock, slots)
    opened(reflector)
    cookie = stamp.cookie_of(reflector.answer(asking(OTHER_TOKEN), THERE))
    assert stamp.cookie_of(reflector.answer(asking(OTHER_TOKEN, cookie), THERE)) == stamp.NO_COOKIE
    del slots[TOKEN]
    clock.mono += module.ASK_AGAIN_S
    assert stamp.cookie_of(reflector.answer(asking(OTHER_TOKEN, cookie), THERE)) == cookie


# --- who is not proven


def test_a_cookie_is_of_one_address_and_one_slot(reflector):
    cookie = opened(reflector)
    assert len(reflector.answer(packet(1, cookie), THERE)) == stamp.SIZE  # replayed, with another's address
    assert len(reflector.answer(packet(1, cookie), (HERE[0], HERE[1] + 1))) == stamp.SIZE
    assert len(reflector.answer(asking(TOKEN, cookie), THERE)) <= len(asking())
    assert len(reflector.answer(packet(1, cookie), HERE)) == SHAPE.down_bytes  # it did not move


def test_no_state_is_kept_for_who_has_only_the_token(reflector):
    for port in range(100):
        reflector.answer(asking(), ("203.0.113.9", port))
    assert reflector.streams == 0


def test_an_unknown_token_is_reflected_like_any_packet(reflector):
    answer = reflector.answer(asking("x" * 22), HERE)
    assert (len(answer), stamp.cookie_of(answer)) == (stamp.SIZE, stamp.NO_COOKIE)


COOKIES = st.sampled_from(["none", "here", "there", "wrong"])
TOLD = st.one_of(
    st.binary(max_size=1500),
    st.tuples(st.just("asks"), st.sampled_from([TOKEN, OTHER_TOKEN, "x" * 22]), COOKIES),
    st.tuples(st.just("sends"), st.integers(0, 25), COOKIES, st.integers(stamp.SIZE, 1500)),
)


@given(st.lists(TOLD, max_size=60))
def test_an_address_that_never_answered_gets_no_more_bytes_than_came_from_it(told):
    """Whoever sends in the name of THERE knows tokens and every cookie but THERE's, and may send anything."""
    reflector = make(SetClock(), {TOKEN: SHAPE, OTHER_TOKEN: SHAPE})
    cookies = {"none": stamp.NO_COOKIE, "here": opened(reflector), "there": b"guessed!", "wrong": b"\xff" * 8}
    for one in told:
        if isinstance(one, bytes):
            content = one
        elif one[0] == "asks":
            content = asking(one[1], cookies[one[2]])
        else:
            content = packet(one[1], cookies[one[2]], one[3])
        assert len(reflector.answer(content, THERE)) <= len(content)
    assert reflector.streams == 1


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=120))
def test_a_proven_address_gets_no_more_than_the_slot_grants(sent):
    reflector = make(SetClock(), {TOKEN: SHAPE})
    cookie = opened(reflector)
    stream_bytes = 0
    for seq, moves in sent:
        if moves:
            cookie = opened(reflector)
        answer = reflector.answer(packet(seq, cookie), HERE)
        stream_bytes += len(answer) if len(answer) > stamp.SIZE else 0
    assert stream_bytes == SHAPE.down_bytes * len({seq for seq, _ in sent if seq < SHAPE.packets})


# --- over real sockets


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


def test_a_packet_that_waits_for_a_busy_server_tells_when_it_came(clock):
    wall = Clock()

    async def answer_late(udp):
        with reflecting(Reflector(wall, RateLimit()), "127.0.0.1", 0) as port:
            udp.sendto(stamp.encode(1, 0), ("127.0.0.1", port))
            time.sleep(0.2)  # the server is busy
            return await asyncio.get_running_loop().sock_recv(udp, 2048)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        answer = stamp.decode(asyncio.run(answer_late(udp)))
    assert answer.returned_us - answer.arrived_us >= 190_000


# --- the rate limit


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
