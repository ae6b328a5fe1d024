"""MQTT 3.1.1 as a client writes and reads it: bytes in, packets out. No network here.

Numbers of sections are those of the standard (docs.oasis-open.org/mqtt/mqtt/v3.1.1/os).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

CONNACK, PUBLISH = 2, 3
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
MOST_BYTES = 256 * 1024  # of a packet from a broker: four times what ours can send

_LENGTH_BYTES = 4  # at most, section 2.2.3


class ProtocolError(ValueError):
    """The other end does not speak MQTT 3.1.1, or not to a client."""


class Will(NamedTuple):
    """What the broker says for a client that is gone without a word; QoS 1, retained."""

    topic: str
    payload: bytes


class Packet(NamedTuple):
    """One packet as it came: its type, the four flags beside it, and the rest."""

    kind: int
    flags: int
    body: bytes


class Published(NamedTuple):
    """A message from the broker."""

    topic: str
    payload: bytes
    qos: int
    packet_id: int  # 0 at QoS 0


def connect(client_id: str, user: str, password: str, keepalive_s: int, will: Will | None) -> bytes:
    """Return CONNECT with a clean session (3.1)."""
    flags = 0b1100_0010  # user name, password, clean session
    payload = _text(client_id)
    if will is not None:
        flags |= 0b0010_1100  # will retained, at QoS 1
        payload += _text(will.topic) + _binary(will.payload)
    payload += _text(user) + _text(password)
    return _packet(0x10, _text("MQTT") + bytes((4, flags)) + struct.pack("!H", keepalive_s) + payload)


def publish(topic: str, payload: bytes, qos: int = 0, packet_id: int = 0, *, retain: bool = False) -> bytes:
    """Return PUBLISH (3.3); a packet id belongs to QoS 1 alone."""
    numbered = struct.pack("!H", packet_id) if qos else b""
    return _packet(0x30 | qos << 1 | int(retain), _text(topic) + numbered + payload)


def puback(packet_id: int) -> bytes:
    """Return PUBACK (3.4)."""
    return _packet(0x40, struct.pack("!H", packet_id))


def subscribe(packet_id: int, topics: Sequence[str]) -> bytes:
    """Return SUBSCRIBE for the topics at QoS 0 (3.8)."""
    return _packet(0x82, struct.pack("!H", packet_id) + b"".join(_text(topic) + b"\x00" for topic in topics))


def read_connack(packet: Packet) -> int:
    """Return the code of CONNACK, 0 when the client is admitted (3.2.2.3)."""
    if packet.kind != CONNACK or len(packet.body) != 2:
        raise ProtocolError("no CONNACK where one must come first")
    return packet.body[1]


def read_publish(packet: Packet) -> Published:
    """Return the message of PUBLISH."""
    qos = packet.flags >> 1 & 3
    if qos > 1 or len(packet.body) < 2:
        raise ProtocolError("a PUBLISH that nobody has asked for")
    end = 2 + int.from_bytes(packet.body[:2], "big")
    start = end + (2 if qos else 0)
    if start > len(packet.body):
        raise ProtocolError("a PUBLISH that is shorter than its topic")
    try:
        topic = packet.body[2:end].decode()
    except UnicodeDecodeError as error:
        raise ProtocolError("a topic that is not UTF-8") from error
    return Published(topic, packet.body[start:], qos, int.from_bytes(packet.body[end:start], "big"))


class Reader:
    """Puts packets together from whatever pieces the network brings."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def read(self, piece: bytes) -> list[Packet]:
        """Return the packets that are whole with this piece; raises ProtocolError, after which nothing can be read."""
        held = self._rest + piece if self._rest else piece
        packets, start = [], 0
        while (found := _length(held, start + 1)) is not None and found[1] <= len(held):
            body, end = found
            packets.append(Packet(held[start] >> 4, held[start] & 15, held[body:end]))
            start = end
        self._rest = held[start:]
        return packets


def _length(held: bytes, start: int) -> tuple[int, int] | None:
    """Return where the body of a packet begins and ends, whose length stands at `start`; None: it is not whole."""
    length = 0
    for n, byte in enumerate(held[start : start + _LENGTH_BYTES]):
        length |= (byte & 127) << 7 * n
        if byte < 128:
            body = start + n + 1
            if length > MOST_BYTES:
                raise ProtocolError(f"a packet of {length} bytes")
            return body, body + length
    if len(held) - start >= _LENGTH_BYTES:
        raise ProtocolError("a length that does not end")
    return None


def _packet(first: int, body: bytes) -> bytes:
    length, more = bytearray(), len(body)
    while more > 127:
        length.append(more & 127 | 128)
        more >>= 7
    length.append(more)
    return bytes((first,)) + bytes(length) + body


def _text(text: str) -> bytes:
    return _binary(text.encode())


def _binary(value: bytes) -> bytes:
    return struct.pack("!H", len(value)) + value
