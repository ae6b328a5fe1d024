"""Tells open pages what has changed: one reader of the change rows per process, one event stream per page."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import StreamingResponse

from collector.store.queries import changes

log = logging.getLogger(__name__)

POLL_S = 0.5
HEARTBEAT_S = 15.0
STREAM_S = 600.0  # then the page comes again, and is asked again who it is
_WAITING = 16  # events kept for a page that is slow to take them

_HELLO = "event: hello\ndata:\n\n"  # look again: something may have changed that you were not told
_BEAT = "event: beat\ndata:\n\n"


class Feed:
    """Reads the change rows while it runs, and gives each subscriber every change from its subscription on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._subscribers: set[asyncio.Queue[str]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the change rows in the background, from now on."""
        task = asyncio.create_task(self._follow(await self._look(None)))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def stream(self) -> AsyncIterator[str]:
        """Yield server-sent events: first a hello, then changes as {kind: [keys]}, beats in between."""
        queue: asyncio.Queue[str] = asyncio.Queue(_WAITING)
        self._subscribers.add(queue)
        ends_at = asyncio.get_running_loop().time() + STREAM_S
        try:
            yield _HELLO
            while asyncio.get_running_loop().time() < ends_at:
                try:
                    yield await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield _BEAT
        finally:
            self._subscribers.discard(queue)

    async def _follow(self, seen: int | None) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            seen = await self._look(seen)

    async def _look(self, seen: int | None) -> int | None:
        """Tell what changed after the row `seen`; return the row to go on from, None while the database is away."""
        try:
            if seen is None:
                seen = await asyncio.to_thread(self._last)
                self._tell(_HELLO)
                return seen
            seen, found = await asyncio.to_thread(self._after, seen)
        except DBAPIError:
            log.warning("the change rows cannot be read; trying again", exc_info=True)
            return seen
        if found:
            self._tell(f"event: change\ndata: {json.dumps(found)}\n\n")
        return seen

    def _tell(self, event: str) -> None:
        for queue in self._subscribers:
            is_behind = queue.full()
            while is_behind and not queue.empty():
                queue.get_nowait()
            queue.put_nowait(_HELLO if is_behind else event)

    def _last(self) -> int:
        with self._engine.connect() as connection:
            return changes.last_id(connection)

    def _after(self, seen: int) -> tuple[int, dict[str, list[int]]]:
        with self._engine.connect() as connection:
            return changes.after(connection, seen)


async def stream(request: Request) -> StreamingResponse:
    """Stream the changes to one page."""
    headers = {"X-Accel-Buffering": "no"}  # nginx would hold events back
    return StreamingResponse(request.app.state.feed.stream(), media_type="text/event-stream", headers=headers)
