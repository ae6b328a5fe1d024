"""Receives UDP packets, and tells how long each had to wait for us: a busy program is no slow path."""

from __future__ import annotations

import socket
import struct
import sys
import time
from typing import Any, NamedTuple, Optional

MOST_BYTES = 2048
_TIMES = 35 if sys.platform.startswith(("linux", "android")) else None  # SO_TIMESTAMPNS, which `socket` does not name
_LOST = 40 if sys.platform.startswith(("linux", "android")) else None  # SO_RXQ_OVFL
_TIMESPEC = struct.Struct("@ll")
_ROOM = 128  # for both
_LONGEST_WAIT_NS = 10_000_000_000  # longer: the wall clock was set in between


class Datagram(NamedTuple):
    """A packet from somewhere."""

    content: bytes
    address: Any
    waited_us: int  # between the kernel and us; 0 where the system does not tell
    overflowed: Optional[int]  # packets that this socket has lost for want of room, as far as that is known


def ask_for_times(udp: socket.socket) -> None:
    """Let the kernel note when each packet came, where it can."""
    for option in (_TIMES, _LOST):
        if option is not None:
            try:
                udp.setsockopt(socket.SOL_SOCKET, option, 1)
            except OSError:  # it runs under something that only looks like Linux
                continue


def receive(udp: socket.socket) -> Optional[Datagram]:
    """Return the next packet of a socket that does not block, None when there is none."""
    try:
        if _TIMES is None:
            content, address = udp.recvfrom(MOST_BYTES)
            return Datagram(content, address, 0, None)
        content, ancillary, _, address = udp.recvmsg(MOST_BYTES, _ROOM)
    except OSError:  # nothing there, or an earlier packet's "port unreachable"
        return None
    waited_us, overflowed = 0, None
    for _, kind, value in ancillary:
        if kind == _TIMES and len(value) == _TIMESPEC.size:
            seconds, nanos = _TIMESPEC.unpack(value)
            waited_ns = time.time_ns() - seconds * 1_000_000_000 - nanos
            waited_us = waited_ns // 1000 if 0 <= waited_ns <= _LONGEST_WAIT_NS else 0
        elif kind == _LOST:
            overflowed = int.from_bytes(value, sys.byteorder)
    return Datagram(content, address, waited_us, overflowed)
