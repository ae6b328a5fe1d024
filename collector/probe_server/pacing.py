"""Sends evenly: by the kernel's own pacing where it is fine enough, else by turns of our own."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
import time

from contract import transfer
from contract.tcp import round_trip_us, unsent_bytes

_UNSENT_BYTES = 16_384  # beyond this the kernel takes no more, so that what is written is nearly what is sent
_SO_MAX_PACING_RATE = 47  # Linux; the socket module has no name for it. Needs no qdisc (fq): TCP has a timer of its own
_NEAR_US = 2_000
_TURN_S = 0.01
_MOST_LATE_S = 0.05  # what is made up for at once
_LEAST_BLOCK_BYTES = 1_400


class Pacer:
    """The pace of one connection.

    Within about a millisecond of round trip the kernel sends lumps of 64 KiB whatever the pace (tcp_tso_rtt_log), which
    a test of a small need would take for a line that stalls: then, and without SO_MAX_PACING_RATE, we pace ourselves.
    """

    def __init__(self, tcp: socket.socket) -> None:
        self._tcp = tcp
        self._bytes_per_s = 0.0
        self._due_s = 0.0
        self.most_late_s = 0.0  # by which we, and not the line, were late
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        self._is_by_turns = (round_trip_us(tcp) or 0) < _NEAR_US

    def change(self, bps: float) -> None:
        """Send so many bits a second from now on."""
        if bps == self._bytes_per_s * 8:
            return
        self._bytes_per_s = bps / 8
        self._due_s = time.monotonic()
        try:
            self._tcp.setsockopt(socket.SOL_SOCKET, _SO_MAX_PACING_RATE, int(self._bytes_per_s))
        except OSError:
            self._is_by_turns = True

    @property
    def block_bytes(self) -> int:
        """How much to write at a time."""
        return min(_UNSENT_BYTES, max(_LEAST_BLOCK_BYTES, int(self._bytes_per_s * _TURN_S)))

    async def wrote(self, count: int) -> None:
        """Wait until more may be written."""
        if self._is_by_turns:
            self._due_s += count / self._bytes_per_s
            now_s = time.monotonic()
            self._due_s = max(self._due_s, now_s - _MOST_LATE_S)
            if self._due_s > now_s:
                await asyncio.sleep(self._due_s - now_s)
                self.most_late_s = max(self.most_late_s, time.monotonic() - self._due_s)

    @property
    def unacknowledged_bytes(self) -> int:
        """How much of what was written the other side has not acknowledged yet (tcp(7), SIOCOUTQ).

        Raises ConnectionResetError when there is no connection any more.
        """
        if self._tcp.fileno() < 0:
            raise ConnectionResetError
        return int(struct.unpack("i", fcntl.ioctl(self._tcp.fileno(), termios.TIOCOUTQ, b"\0\0\0\0"))[0])

    def foreseen(self, excess_need_s: float, need_bps: float) -> float:
        """Return what the excess will be in a round trip; raises what `unacknowledged_bytes` raises."""
        under_way_bytes = self.unacknowledged_bytes - unsent_bytes(self._tcp)
        round_trip_s = (round_trip_us(self._tcp) or 0) / 1e6
        return transfer.foreseen(excess_need_s, under_way_bytes, round_trip_s, need_bps)


class Turns:
    """A pace that several connections share."""

    def __init__(self, bps: float) -> None:
        self._bytes_per_s = bps / 8
        self._due_s = 0.0

    async def take(self, count: int) -> None:
        """Wait until so many bytes may go."""
        now_s = time.monotonic()
        self._due_s = max(self._due_s, now_s - _MOST_LATE_S) + count / self._bytes_per_s
        if self._due_s > now_s:
            await asyncio.sleep(self._due_s - now_s)
