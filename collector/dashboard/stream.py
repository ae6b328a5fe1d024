"""Server-sent events for open pages: a queue for each, beats while there is nothing to tell, and an end in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

HEARTBEAT_S = 15.0
STREAM_S = 600.0  # then the page comes again, and is asked again who it is
BEAT = "event: beat\ndata:\n\n"
HELLO = "event: hello\ndata:\n\n"  # look again: something may have changed that you were not told

Queue = asyncio.Queue[str]


async def follow(queue: Queue) -> AsyncIterator[str]:
    """Yield what is put into a queue, and beats in between, until it is time that the page comes again."""
    ends_at_s = time.monotonic() + STREAM_S
    while time.monotonic() < ends_at_s:
        try:
            yield await asyncio.wait_for(queue.get(), HEARTBEAT_S)
        except TimeoutError:
            yield BEAT


def put(queue: Queue, event: str, instead: str = HELLO) -> None:
    """Put an event into a queue; one that is full, of a page too slow, is emptied and gets `instead` of all of it."""
    is_behind = queue.full()
    while is_behind and not queue.empty():
        queue.get_nowait()
    queue.put_nowait(instead if is_behind else event)


def answer(events: AsyncIterator[str]) -> StreamingResponse:
    """Answer a page with a stream of events."""
    headers = {"X-Accel-Buffering": "no"}  # nginx would hold events back
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
