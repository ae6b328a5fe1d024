"""Answers STAMP packets (RFC 8762) over UDP: to an address that is not proven, never more bytes than came from it.

A packet without a token is reflected as it is, without a state. One with the token of a slot that is open gets a
cookie that depends on its address; only who has received that cookie can send it back, and so opens the slot's stream:
from then on each of its packets is answered once, with the stream's bytes and a sequence number of our own.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import socket
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from contract import datagrams, stamp
from contract.clock import Clock
from contract.probing import Stream

PACKETS_PER_S = 200.0  # of one address: a path probe sends 50 a second, and several devices may share an address
BURST_PACKETS = 400.0
MAX_ADDRESSES = 65_536  # remembered at once, about 10 MB
MAX_STREAMS = 512  # open at once; at 2,000 packets a second no process carries as many
ASK_AGAIN_S = 1.0  # whether a slot is still open
_BATCH = 64  # packets in a row, before others have a turn
_QUEUE_BYTES = 4 * 1024 * 1024

Allowance = Callable[[str, float], Stream | None]  # (token, now_s): the stream of a slot, None when it is not open


class _Bucket(NamedTuple):
    packets: float
    filled_s: float


class RateLimit:
    """A token bucket for each address; the least lately seen addresses are forgotten first."""

    def __init__(
        self, per_s: float = PACKETS_PER_S, burst: float = BURST_PACKETS, max_addresses: int = MAX_ADDRESSES
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._max_addresses = max_addresses
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def admits(self, address: str, now_s: float) -> bool:
        """Tell whether a packet of this address may be answered now, and count it if so."""
        packets, filled_s = self._buckets.pop(address, _Bucket(self._burst, now_s))
        packets = min(self._burst, packets + (now_s - filled_s) * self._per_s)
        admitted = packets >= 1
        self._buckets[address] = _Bucket(packets - admitted, now_s)
        if len(self._buckets) > self._max_addresses:
            self._buckets.popitem(last=False)
        return admitted


@dataclass(slots=True)
class Counts:
    """What has been received and sent; bytes are of UDP payloads."""

    received: int = 0
    received_bytes: int = 0
    sent: int = 0
    sent_bytes: int = 0
    lost_here: int = 0  # packets of any stream that found no room meanwhile, coming or going: we were too slow

    def add(self, received_bytes: int, sent_bytes: int) -> None:
        """Count a packet and its answer."""
        self.received += 1
        self.received_bytes += received_bytes
        self.sent += 1
        self.sent_bytes += sent_bytes


class _Stream:
    """A stream that is open: from a proven address, each of its packets answered once."""

    __slots__ = ("address", "asked_s", "cookie", "counts", "lost_before", "padding", "seen", "shape", "token")

    def __init__(self, token: str, shape: Stream, lost_before: int) -> None:
        self.token = token
        self.shape = shape
        self.address: Any = None
        self.cookie = b""
        self.asked_s = 0.0
        self.counts = Counts()
        self.lost_before = lost_before
        self.padding = stamp.padding(shape.down_bytes)
        self.seen = bytearray(shape.packets)


class Reflector:
    """Decides about each packet; `answer` alone touches no network."""

    def __init__(self, clock: Clock, limit: RateLimit, allowance: Allowance = lambda token, now_s: None) -> None:
        self._clock = clock
        self._limit = limit
        self._allowance = allowance
        self._secret = secrets.token_bytes(32)
        self._by_token: dict[str, _Stream] = {}
        self._by_address: dict[Any, _Stream] = {}
        self.counts = Counts()  # in all
        self._overflowed = 0
        self.refused = 0  # packets that were answered with nothing

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._by_token)

    def end(self, token: str) -> Counts:
        """Forget the stream of a slot that is not open any more, and return what it has received and sent."""
        stream = self._by_token.pop(token, None)
        if stream is None:
            return Counts()
        self._by_address.pop(stream.address, None)
        stream.counts.lost_here = self.counts.lost_here - stream.lost_before
        return stream.counts

    def overflowed(self, in_all: int) -> None:
        """Take note of how many packets have found no room since the start."""
        self.counts.lost_here += max(0, in_all - self._overflowed)
        self._overflowed = in_all

    def unsent(self) -> None:
        """Take note of an answer that found no room."""
        self.counts.lost_here += 1

    def answer(self, packet: bytes, address: Any, waited_us: int = 0) -> bytes:
        """Return what this packet is answered with; nothing when it is none of ours, comes again or comes too fast."""
        if len(packet) < stamp.SIZE:
            return b""
        now_s, arrived_us = self._clock.mono_s(), self._clock.wall_us() - waited_us
        stream = self._by_address.get(address)
        if stream is not None and stamp.cookie_in(packet) == stream.cookie:
            token = stamp.token_of(packet)
            if not token:
                return self._answer_in(stream, packet, arrived_us) if self._is_open(stream, now_s) else b""
        if not self._limit.admits(address[0], now_s):
            return b""
        answer, token = b"", stamp.token_of(packet)
        if token:
            answer = self._answer_for(token, packet, address, arrived_us, now_s)
        answer = answer or stamp.reflect(packet, stamp.seq_of(packet), arrived_us, self._clock.wall_us())
        self.counts.add(len(packet), len(answer))
        return answer

    def _answer_in(self, stream: _Stream, packet: bytes, arrived_us: int) -> bytes:
        seq = stamp.seq_of(packet)
        if seq >= stream.shape.packets or stream.seen[seq]:
            return b""
        stream.seen[seq] = 1
        own_seq = stream.counts.received
        for counts in (stream.counts, self.counts):
            counts.add(len(packet), stream.shape.down_bytes)
        return stamp.reflect(packet, own_seq, arrived_us, self._clock.wall_us()) + stream.padding

    def _answer_for(self, token: str, packet: bytes, address: Any, arrived_us: int, now_s: float) -> bytes:
        """Answer who asks for the stream of a slot: with the cookie, and with how many of its packets have come."""
        shape = self._allowance(token, now_s)
        if shape is None:
            self.end(token)
            return b""
        stream = self._by_token.get(token)
        cookie = self._cookie(token, address)
        if secrets.compare_digest(stamp.cookie_in(packet), cookie):
            stream = stream or self._opened(token, shape, now_s)
            if stream is None:
                return b""
            self._move(stream, address, cookie, now_s)
        came = stream.counts.received if stream else 0
        answer = stamp.with_cookie(stamp.reflect(packet, came, arrived_us, self._clock.wall_us()), cookie)
        return answer if len(answer) <= len(packet) else b""

    def _opened(self, token: str, shape: Stream, now_s: float) -> _Stream | None:
        if len(self._by_token) >= MAX_STREAMS:
            for other in [*self._by_token.values()]:
                self._is_open(other, now_s)
        if len(self._by_token) >= MAX_STREAMS:
            return None
        stream = self._by_token[token] = _Stream(token, shape, self.counts.lost_here)
        return stream

    def _move(self, stream: _Stream, address: Any, cookie: bytes, now_s: float) -> None:
        """Let a stream come from here: an address may change behind a translator, what it has had stays counted."""
        self._by_address.pop(stream.address, None)
        other = self._by_address.get(address)
        if other is not None and other is not stream:
            other.address = None
        stream.address, stream.cookie, stream.asked_s = address, cookie, now_s
        self._by_address[address] = stream

    def _is_open(self, stream: _Stream, now_s: float) -> bool:
        if now_s - stream.asked_s >= ASK_AGAIN_S:
            if self._allowance(stream.token, now_s) is None:
                self.end(stream.token)
                return False
            stream.asked_s = now_s
        return True

    def _cookie(self, token: str, address: Any) -> bytes:
        said = f"{address[0]} {address[1]} {token}".encode()
        return hashlib.blake2s(said, key=self._secret, digest_size=stamp.COOKIE_BYTES).digest()


@contextmanager
def reflecting(reflector: Reflector, host: str, port: int) -> Iterator[int]:
    """Answer packets, in the running loop, for as long as the context lasts; yield the port (0: any free one)."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
    loop = asyncio.get_running_loop()
    with socket.socket(family, kind) as udp:
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            udp.setsockopt(socket.SOL_SOCKET, option, _QUEUE_BYTES)  # as much of it as the system allows
        datagrams.ask_for_times(udp)
        udp.bind(address)
        udp.setblocking(False)
        loop.add_reader(udp, _answer_what_came, reflector, udp)
        try:
            yield udp.getsockname()[1]
        finally:
            loop.remove_reader(udp)


def _answer_what_came(reflector: Reflector, udp: socket.socket) -> None:
    for _ in range(_BATCH):
        came = datagrams.receive(udp)
        if came is None:
            return
        if came.overflowed is not None:
            reflector.overflowed(came.overflowed)
        answer = reflector.answer(came.content, came.address, came.waited_us)
        reflector.refused += not answer
        if answer:
            try:
                udp.sendto(answer, came.address)
            except OSError:
                reflector.unsent()
