"""STAMP packets (RFC 8762, unauthenticated mode): 44 bytes each way, or padded (RFC 8972) to the size of a stream's.

A sender's packet        A reflected packet
 0  4 sequence number     0  4 the reflector's sequence number
 4  8 T1                  4  8 T3
12  2 error estimate     12  2 error estimate
14  2 must be zero       14  2 must be zero
16  8 cookie             16  8 T2
24 20 must be zero       24  4 the sender's sequence number
                         28  8 T1
                         36  2 the sender's error estimate
                         38  6 must be zero, time to live, must be zero
44    padding            44    padding

The cookie lies where other reflectors look at nothing. Padding is TLVs: Extra Padding (type 1), or one of private use
that holds a slot's token (towards the reflector) or the cookie of its stream (back).
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

SIZE = 44
COOKIE_BYTES = 8
NO_COOKIE = bytes(COOKIE_BYTES)
_SENDER = struct.Struct("!IQHxx8s20x")  # sequence, timestamp, error estimate, cookie
_SENT = struct.Struct("!IQH")
_REFLECTED = struct.Struct("!IQHxxQIQHxxBxxx")  # own seq, T3, error, T2, sender's seq, T1, error, TTL
_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970
_ERROR_ESTIMATE = 0x0001  # unsynchronised, NTP format, multiplier 1 (RFC 4656, section 4.1.2)
_TLV = struct.Struct("!BBH")  # flags, type, length of the value (RFC 8972, section 4)
_PADDING, _OURS = 1, 252  # types: 252 to 254 are for private use


class Reflected(NamedTuple):
    """A reflected packet: sequence numbers of both sides, and the times T1, T2, T3 in microseconds since 1970."""

    reflector_seq: int
    sender_seq: int
    sent_us: int  # T1, by the sender's clock
    arrived_us: int  # T2, by the reflector's
    returned_us: int  # T3, by the reflector's


def _to_ntp(wall_us: int) -> int:
    seconds, micros = divmod(wall_us, 1_000_000)
    return ((seconds + _NTP_EPOCH_S) & 0xFFFFFFFF) << 32 | (micros << 32) // 1_000_000


def _from_ntp(stamp: int) -> int:
    seconds = ((stamp >> 32) - _NTP_EPOCH_S) & 0xFFFFFFFF  # era 0 and 1: right from 1970 to 2106
    return seconds * 1_000_000 + ((stamp & 0xFFFFFFFF) * 1_000_000 + (1 << 31) >> 32)


def encode(seq: int, wall_us: int, cookie: bytes = NO_COOKIE) -> bytes:
    """Return the packet, not padded yet, that a sender sends at `wall_us`."""
    return _SENDER.pack(seq & 0xFFFFFFFF, _to_ntp(wall_us), _ERROR_ESTIMATE, cookie)


def padding(size: int) -> bytes:
    """Return what makes a packet of 44 bytes one of `size`: random, so that nothing on the way can compress it."""
    room = size - SIZE
    return bytes(room) if room < _TLV.size else _TLV.pack(0, _PADDING, room - _TLV.size) + os.urandom(room - _TLV.size)


def with_token(packet: bytes, token: str) -> bytes:
    """Return a sender's packet that asks for the stream of a slot: answered with no more bytes, and not part of it."""
    return packet + _ours(token.encode("ascii"))


def token_of(packet: bytes) -> str:
    """Return the token that a sender's packet holds, empty when it holds none."""
    return _value_of(packet).decode("ascii", errors="replace")


def cookie_in(packet: bytes) -> bytes:
    """Return the cookie that a sender's packet brings back: `NO_COOKIE` when it has none."""
    return packet[16:24]


def seq_of(packet: bytes) -> int:
    """Return the sequence number of a sender's packet, or the reflector's own of a reflected one."""
    return int.from_bytes(packet[:4], "big")


def reflect(packet: bytes, seq: int, arrived_us: int, returned_us: int) -> bytes:
    """Return the reflector's answer to a sender's packet; raises ValueError when it is not one."""
    if len(packet) < SIZE:
        raise ValueError("shorter than a STAMP packet")
    sender_seq, sent, error = _SENT.unpack_from(packet)
    return _REFLECTED.pack(
        seq & 0xFFFFFFFF,
        _to_ntp(returned_us),
        _ERROR_ESTIMATE,
        _to_ntp(arrived_us),
        sender_seq,
        sent,
        error,
        255,
    )


def with_cookie(answer: bytes, cookie: bytes) -> bytes:
    """Return the answer to a packet with a token: the cookie to bring back, shorter than the shortest token."""
    return answer + _ours(cookie)


def cookie_of(answer: bytes) -> bytes:
    """Return the cookie that a reflected packet hands out: `NO_COOKIE` when it has none."""
    value = _value_of(answer)
    return value if len(value) == COOKIE_BYTES else NO_COOKIE


def decode(packet: bytes) -> Reflected:
    """Read a reflected packet; raises ValueError when it is not one."""
    if len(packet) < SIZE:
        raise ValueError("shorter than a STAMP packet")
    seq, returned, _, arrived, sender_seq, sent, _, _ = _REFLECTED.unpack_from(packet)
    return Reflected(seq, sender_seq, _from_ntp(sent), _from_ntp(arrived), _from_ntp(returned))


def _ours(value: bytes) -> bytes:
    return _TLV.pack(0, _OURS, len(value)) + value


def _value_of(packet: bytes) -> bytes:
    if len(packet) < SIZE + _TLV.size:
        return b""
    _, kind, length = _TLV.unpack_from(packet, SIZE)
    start = SIZE + _TLV.size
    return packet[start : start + length] if kind == _OURS and start + length <= len(packet) else b""
