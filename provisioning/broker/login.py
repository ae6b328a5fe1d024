"""Asks a broker of this machine one thing: whether it admits a user. As much of MQTT 3.1.1 as that takes."""

from __future__ import annotations

import secrets
import socket
import ssl
import struct

_TIMEOUT_S = 5.0
_CLEAN_SESSION, _PASSWORD, _USER = 0x02, 0x40, 0x80
_CONNACK, _DISCONNECT = b"\x20\x02", b"\xe0\x00"


def is_admitted(host: str, port: int, user: str, password: str, *, is_plain: bool) -> bool | None:
    """Tell whether the broker at this address admits the user; None when no broker answers.

    Whose certificate it shows is not looked at: a renewed one may be what the broker is about to read.
    """
    try:
        with socket.create_connection((host, port), _TIMEOUT_S) as tcp:
            if is_plain:
                return _log_in(tcp, user, password)
            with _anybody().wrap_socket(tcp) as tls:
                return _log_in(tls, user, password)
    except OSError:  # ssl's errors are OSErrors
        return None


def _log_in(connection: socket.socket, user: str, password: str) -> bool | None:
    """MQTT 3.1.1, sections 3.1 and 3.2."""
    flags = _CLEAN_SESSION | _PASSWORD | _USER
    header = _text("MQTT") + struct.pack("!BBH", 4, flags, 10)
    packet = header + _text(secrets.token_hex(8)) + _text(user) + _text(password)
    if len(packet) > 127:
        raise ValueError("too long for a remaining length of one byte")
    connection.sendall(bytes((0x10, len(packet))) + packet)
    answer = _read(connection, 4)
    if len(answer) < 4 or answer[:2] != _CONNACK:
        return None
    connection.sendall(_DISCONNECT)
    return answer[3] == 0


def _read(connection: socket.socket, count: int) -> bytes:
    read = b""
    while len(read) < count and (more := connection.recv(count - len(read))):
        read += more
    return read


def _text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("!H", len(encoded)) + encoded


def _anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
