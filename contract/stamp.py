"""STAMP packets (RFC 8762, unauthenticated mode): 44 bytes each way, so a reflector never amplifies."""

from __future__ import annotations

import struct
from typing import NamedTuple

SIZE = 44
_SENDER = struct.Struct("!IQH30x")  # sequence, timestamp, error estimate, must be zero
_REFLECTED = struct.Struct("!IQHxxQIQHxxBxxx")  # own seq, T3, error, T2, sender's seq, T1, error, TTL
_NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970
_ERROR_ESTIMATE = 0x0001  # unsynchronised, NTP format, multiplier 1 (RFC 4656, section 4.1.2)


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


def encode(seq: int, wall_us: int) -> bytes:
    """Return the packet a sender sends at `wall_us`."""
    return _SENDER.pack(seq & 0xFFFFFFFF, _to_ntp(wall_us), _ERROR_ESTIMATE)


def reflect(packet: bytes, seq: int, arrived_us: int, returned_us: int) -> bytes:
    """Return the reflector's answer to a sender's packet; raises ValueError when it is not one."""
    if len(packet) < SIZE:
        raise ValueError("shorter than a STAMP packet")
    sender_seq, sent, error = _SENDER.unpack_from(packet)
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


def decode(packet: bytes) -> Reflected:
    """Read a reflected packet; raises ValueError when it is not one."""
    if len(packet) < SIZE:
        raise ValueError("shorter than a STAMP packet")
    seq, returned, _, arrived, sender_seq, sent, _, _ = _REFLECTED.unpack_from(packet)
    return Reflected(seq, sender_seq, _from_ntp(sent), _from_ntp(arrived), _from_ntp(returned))
