"""What TCP tells of a connection where the system lets it: Linux (struct tcp_info of linux/tcp.h). Standard library."""

from __future__ import annotations

import socket
import struct
from typing import Optional

_RTT = 68  # offsets: tcpi_rtt, u32, microseconds
_ACKNOWLEDGED = 120  # tcpi_bytes_acked, u64
_PACKETS = 136  # tcpi_segs_out, u32, acknowledgements included
_UNSENT = 144  # tcpi_notsent_bytes, u32
_SEGMENTS = 156  # tcpi_data_segs_out, u32, repetitions included
_SENT = 200  # tcpi_bytes_sent, u64, repetitions included
_ALL = 208
_HEADER_BYTES = 52  # IPv4 20, TCP 20, time stamps 12
_FRAME_BYTES = 14  # Ethernet's


def round_trip_us(tcp: socket.socket) -> Optional[int]:
    """Return the smoothed round trip, None where TCP does not tell."""
    told = _told(tcp, _RTT + 4)
    return None if told is None else int(struct.unpack_from("I", told, _RTT)[0])


def wire_bytes(tcp: socket.socket) -> Optional[int]:
    """Return how much has been put on the wire, headers and repetitions included; None where TCP does not tell."""
    told = _told(tcp, _ALL)
    if told is None:
        return None
    return int(struct.unpack_from("Q", told, _SENT)[0]) + _HEADER_BYTES * int(
        struct.unpack_from("I", told, _SEGMENTS)[0]
    )


def acknowledged_bytes(tcp: socket.socket) -> Optional[int]:
    """Return how much the other end, or a proxy, has acknowledged; None where TCP does not tell."""
    told = _told(tcp, _ACKNOWLEDGED + 8)
    return None if told is None else int(struct.unpack_from("Q", told, _ACKNOWLEDGED)[0])


def header_bytes(tcp: socket.socket) -> Optional[int]:
    """Return what the headers of all packets sent were on the wire: of a receiver, its acknowledgements."""
    told = _told(tcp, _PACKETS + 4)
    return None if told is None else (_HEADER_BYTES + _FRAME_BYTES) * int(struct.unpack_from("I", told, _PACKETS)[0])


def unsent_bytes(tcp: socket.socket) -> int:
    """Return how much waits in our own kernel for its first turn; 0 where TCP does not tell."""
    told = _told(tcp, _UNSENT + 4)
    return 0 if told is None else int(struct.unpack_from("I", told, _UNSENT)[0])


def _told(tcp: socket.socket, least_bytes: int) -> Optional[bytes]:
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return None
    try:
        told = tcp.getsockopt(socket.IPPROTO_TCP, option, 256)
    except OSError:
        return None
    return told if len(told) >= least_bytes else None
