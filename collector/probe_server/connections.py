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


def forget_way(error: BaseException | None) -> None:
    """Drop the frames that an error came through: whoever waited for it is kept by them, and keeps it in turn.

    Only the collector of garbage ends such a circle, and it holds up all transfers.
    """
    while error is not None:
        error.__traceback__, error = None, error.__cause__ or error.__context__
