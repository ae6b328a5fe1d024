"""The little of MQTT 3.1.1 that a device needs, over TLS and without a thread, so that thousands fit in a process."""

from __future__ import annotations

import secrets
import socket
import ssl
import struct
from collections.abc import Iterator

_CONNACK, _PUBLISH, _PUBACK, _SUBACK = 2, 3, 4, 9
_MOST_BYTES = 64 * 1024


class Connection:
    """One device's connection to the broker, with a clean session and no keep-alive."""

    def __init__(self, port: int, user: str, password: str, context: ssl.SSLContext) -> None:
        """Connect and wait until the broker has accepted us."""
        plain = socket.create_connection(("127.0.0.1", port), 60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self._received = b""
        flags = 0xC2  # user name, password, clean session
        fields = (f"{user}-{secrets.token_hex(8)}", user, password)
        head = _text("MQTT") + bytes((4, flags, 0, 0))
        self._say(0x10, head + b"".join(map(_text, fields)))
        if self._await(_CONNACK)[1] != 0:
            raise ConnectionError(f"the broker refuses {user}")

    def subscribe(self, topic: str) -> None:
        """Subscribe at QoS 0 and wait until that is done."""
        self._say(0x82, b"\0\1" + _text(topic) + b"\0")
        if self._await(_SUBACK)[2] != 0:
            raise ConnectionError(f"the broker refuses a subscription to {topic}")

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message at QoS 1; there is one in flight at most, so its number is always the same."""
        self._say(0x32, _text(topic) + b"\0\1" + payload)

    def take(self) -> Iterator[bytes | None]:
        """Yield what has come without waiting: None for a PUBACK, the payload for a message to us."""
        while True:
            try:
                more = self.socket.recv(_MOST_BYTES)
            except ssl.SSLWantReadError:
                break
            if not more:
                raise ConnectionError("the broker has closed the connection")
            self._received += more
            if not self.socket.pending():
                break
        while (packet := self._cut()) is not None:
            kind, content = packet
            if kind == _PUBACK:
                yield None
            elif kind == _PUBLISH:
                yield content[2 + int.from_bytes(content[:2], "big") :]

    def _await(self, wanted: int) -> bytes:
        while (packet := self._cut()) is None or packet[0] != wanted:
            more = self.socket.recv(_MOST_BYTES)
            if not more:
                raise ConnectionError("the broker has closed the connection")
            self._received += more
        return packet[1]

    def _say(self, head: int, content: bytes) -> None:
        length, size = len(content), b""
        while length > 127:
            size += bytes((length & 127 | 128,))
            length >>= 7
        self.socket.sendall(bytes((head,)) + size + bytes((length,)) + content)

    def _cut(self) -> tuple[int, bytes] | None:
        """Take the first whole packet from what was received."""
        length, at = 0, 1
        while at < len(self._received):
            length |= (self._received[at] & 127) << 7 * (at - 1)
            at += 1
            if not self._received[at - 1] & 128:
                break
        else:
            return None
        if len(self._received) < at + length:
            return None
        kind, content = self._received[0] >> 4, self._received[at : at + length]
        self._received = self._received[at + length :]
        return kind, content


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()
