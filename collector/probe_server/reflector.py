"""Answers STAMP packets (RFC 8762) over UDP: never more bytes than came, never faster than a bounded rate."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, NamedTuple

from contract import stamp
from contract.clock import Clock

PACKETS_PER_S = 200.0  # of one address: a path probe sends 50 a second, and several devices may share an address
BURST_PACKETS = 400.0
MAX_ADDRESSES = 65_536  # remembered at once, about 10 MB


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


class Reflector(asyncio.DatagramProtocol):
    """The reflector in stateless mode: an answer's sequence number is the packet's own."""

    def __init__(self, clock: Clock, limit: RateLimit) -> None:
        self._clock = clock
        self._limit = limit

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Remember where answers go out."""
        self._transport = transport

    def datagram_received(self, packet: bytes, address: tuple[Any, ...]) -> None:
        """Answer one packet, or let it fall when it is none of ours or its address asks too fast."""
        arrived_us = self._clock.wall_us()
        if len(packet) < stamp.SIZE or not self._limit.admits(address[0], self._clock.mono_s()):
            return
        seq = int.from_bytes(packet[:4], "big")
        self._transport.sendto(stamp.reflect(packet, seq, arrived_us, self._clock.wall_us()), address)
