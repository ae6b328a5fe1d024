"""What every transfer needs: bytes to send, and how to break one off."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress

from aiohttp import web

NOISE = os.urandom(16_384)  # so that nothing on the way can compress it


def break_off(request: web.Request) -> None:
    """Reset the connection: what is queued is not sent any more, nor repeated, and what comes is not read."""
    transport = request.transport
    if transport is None:
        return
    with suppress(OSError):  # the other end was sooner
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
