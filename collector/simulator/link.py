"""One device's connection: TCP, TLS where the address asks for it, and MQTT packets both ways; never blocking."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from typing import Protocol

from collector.simulator import mqtt

_NO_LINGER = struct.pack("ii", 1, 0)  # close() then sends RST instead of FIN
_PIECE_BYTES = 16 * 1024  # a TLS record


class Owner(Protocol):
    """Whose connection it is."""

    def admitted(self) -> None:
        """Hear that the broker has let us in."""

    def received(self, message: mqtt.Published) -> None:
        """Hear a message."""

    def heard(self) -> None:
        """Hear that something came, whatever it was."""

    def lost(self, reason: str) -> None:
        """Hear that the connection has ended, or never came to be; not when we ended it ourselves."""


class Link(asyncio.Protocol):
    """A connection from its first byte to its last; a new one is made after each loss.

    TLS is done here over memory: asyncio's own keeps a quarter of a megabyte for each connection.
    """

    __slots__ = (
        "_ciphered",
        "_connect",
        "_is_admitted",
        "_owner",
        "_plain",
        "_reader",
        "_tls",
        "_transport",
        "is_closed",
        "is_mute",
        "is_over",
        "settled",
    )

    def __init__(self, owner: Owner, connect: bytes, context: ssl.SSLContext | None, host: str | None) -> None:
        """Take the CONNECT to begin with, and for TLS the context and the name to expect."""
        self.is_over = False
        self.is_closed = False
        self.is_mute = False
        self.settled = asyncio.get_running_loop().create_future()  # once it is known whether we are let in
        self._owner = owner
        self._connect = connect
        self._reader = mqtt.Reader()
        self._transport: asyncio.Transport | None = None
        self._is_admitted = False
        self._tls: ssl.SSLObject | None = None
        if context is not None:
            self._ciphered, self._plain = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._tls = context.wrap_bio(self._ciphered, self._plain, server_hostname=host)

    # --- what the device does

    def send(self, packets: bytes) -> None:
        """Hand packets to the network."""
        if self._transport is None or self.is_mute:
            return
        if self._tls is None:
            self._transport.write(packets)
        else:
            self._tls.write(packets)
            self._transport.write(self._plain.read())

    def leave(self) -> None:
        """Say DISCONNECT, so that the broker says no will, and close."""
        self.send(mqtt.DISCONNECT)
        self._end(is_reset=False)

    def reset(self) -> None:
        """End it as a line does that breaks where somebody notices: RST, and no word before."""
        self._end(is_reset=True)

    def mute(self) -> None:
        """Let packets stop both ways, as a line does that breaks where nobody notices."""
        self.is_mute = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    # --- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin TLS, or MQTT at once."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type alone: it is TCP's
        self._transport = transport
        if self.is_over:
            self._end(is_reset=True)
        elif self._tls is None:
            self.send(self._connect)
        else:
            self._shake_hands()

    def data_received(self, data: bytes) -> None:
        """Read what came, through TLS where there is one."""
        if self.is_mute or self.is_over:
            return
        self._owner.heard()
        try:
            for packet in self._reader.read(data if self._tls is None else self._decipher(data)):
                self._take(packet)
        except (mqtt.ProtocolError, ssl.SSLError) as error:
            self.fail(str(error))

    def connection_lost(self, error: Exception | None) -> None:
        """Hear that it has ended."""
        self.is_closed = True
        self.fail(str(error or "closed by the broker"))

    # ---

    def _decipher(self, data: bytes) -> bytes:
        assert self._tls is not None  # noqa: S101
        self._ciphered.write(data)
        if self._connect and not self._shake_hands():
            return b""
        pieces = []
        while True:
            try:
                piece = self._tls.read(_PIECE_BYTES)
            except ssl.SSLWantReadError:
                break
            if not piece:
                break
            pieces.append(piece)
        return b"".join(pieces)

    def _shake_hands(self) -> bool:
        """Go on with the handshake; tell whether it is over, and begin MQTT when it has just become so."""
        assert self._tls is not None  # noqa: S101
        assert self._transport is not None  # noqa: S101
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._transport.write(self._plain.read())
            return False
        self.send(self._connect)
        self._connect = b""
        return True

    def _take(self, packet: mqtt.Packet) -> None:
        if not self._is_admitted:
            code = mqtt.read_connack(packet)
            if code:
                self.fail(f"refused: {code}")
                return
            self._is_admitted = True
            self._settle()
            self._owner.admitted()
        elif packet.kind == mqtt.PUBLISH:
            message = mqtt.read_publish(packet)
            if message.qos:
                self.send(mqtt.puback(message.packet_id))
            self._owner.received(message)

    def fail(self, reason: str) -> None:
        """End it and tell the owner, unless it has ended already."""
        if not self.is_over:
            self._end(is_reset=False)
            self._owner.lost(reason)

    def _end(self, *, is_reset: bool) -> None:
        self.is_over = True
        self._settle()
        transport, self._transport = self._transport, None
        if transport is None:
            return
        if is_reset:
            tcp: socket.socket = transport.get_extra_info("socket")
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()
        else:
            transport.close()

    def _settle(self) -> None:
        if not self.settled.done():
            self.settled.set_result(None)
