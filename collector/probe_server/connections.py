"""What every transfer needs: bytes to send, and how to break one off."""

from __future__ import annotations

import os

from aiohttp import web

NOISE = os.urandom(16_384)  # so that nothing on the way can compress it


def break_off(request: web.Request) -> None:
    """Reset the connection: what is queued is not sent any more, and what comes is not read."""
    if request.transport is not None:
        request.transport.abort()
