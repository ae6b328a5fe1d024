"""Files that are fetched: written one after another, since one of a country takes seconds of the processor."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException
from starlette.responses import Response

from collector.dashboard.names import as_attachment

_ONE = threading.Lock()
_IN_LINE = threading.Semaphore(3)  # with the one at work; who waits holds one of the pages' few connections


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one's turn to write a file of a country; raises HTTPException 503 while enough others wait."""
    if not _IN_LINE.acquire(blocking=False):
        raise HTTPException(503)
    try:
        with _ONE:
            yield
    finally:
        _IN_LINE.release()


def answer(body: bytes, media_type: str, name: str) -> Response:
    """Answer with a file that the browser keeps under this name."""
    return Response(body, media_type=media_type, headers={"Content-Disposition": as_attachment(name)})
