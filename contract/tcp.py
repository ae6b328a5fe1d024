"""What TCP tells of a connection where the system lets it: Linux (struct tcp_info of linux/tcp.h). Standard library."""

from __future__ import annotations

import socket
import struct
from typing import Optional

_RTT = 68  # offsets: tcpi_rtt, u32, microseconds
_SEGMENTS = 156  # tcpi_data_segs_out, u32, repetitions included
_SENT = 200  # tcpi_bytes_sent, u64, repetitions included
_ALL = 208
_HEADER_BYTES = 52  # IPv4 20, TCP 20, time stamps 12


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


def _told(tcp: socket.socket, least_bytes: int) -> Optional[bytes]:
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return None
    try:
        told = tcp.getsockopt(socket.IPPROTO_TCP, option, 256)
    except OSError:
        return None
    return told if len(told) >= least_bytes else None
