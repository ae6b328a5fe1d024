"""Tells open pages what has changed: one reader of the change rows per process, one event stream per page."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import StreamingResponse

from collector.dashboard.stream import HELLO, Queue, answer, follow, put
from collector.store import scope
from collector.store.queries import changes
from collector.store.scope import Placed, Units
from provisioning.scope import units_of

log = logging.getLogger(__name__)

POLL_S = 0.5
_WAITING = 16  # events kept for a page that is slow to take them


class Feed:
    """Reads the change rows while it runs, and gives each subscriber what it may see of them from then on."""

    def __init__(self, engine: Engine, note: Callable[[Collection[str] | None], None] = lambda _: None) -> None:
        """Read from a database; `note` is told the kinds that changed too, None when anything may have."""
        self._engine = engine
        self._note = note
        self._subscribers: dict[Queue, Units] = {}

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

    async def stream(self, units: Units) -> AsyncIterator[str]:
        """Yield server-sent events: a hello, then changes within these units as {kind: [keys]}, beats in between."""
        queue: Queue = asyncio.Queue(_WAITING)
        self._subscribers[queue] = units
        try:
            yield HELLO
            async for event in follow(queue):
                yield event
        finally:
            del self._subscribers[queue]

    async def _follow(self, seen: int | None) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            seen = await self._look(seen)

    async def _look(self, seen: int | None) -> int | None:
        """Tell what changed after the row `seen`; return the row to go on from, None while the database is away."""
        try:
            if seen is None:
                seen = await asyncio.to_thread(self._last)
                self._tell_all(HELLO)
                self._note(None)
                return seen
            seen, found = await asyncio.to_thread(self._after, seen)
        except DBAPIError:
            log.warning("the change rows cannot be read; trying again", exc_info=True)
            return seen
        if found.kinds:
            self._note(found.kinds)
            self._tell(found)
        return seen

    def _tell(self, found: Placed) -> None:
        events = {units: _event(found.seen(units)) for units in set(self._subscribers.values())}
        for queue, units in self._subscribers.items():
            if (event := events[units]) is not None:
                put(queue, event)

    def _tell_all(self, event: str) -> None:
        for queue in self._subscribers:
            put(queue, event)

    def _last(self) -> int:
        with self._engine.connect() as connection:
            return changes.last_id(connection)

    def _after(self, seen: int) -> tuple[int, Placed]:
        with self._engine.connect() as connection:
            seen, kinds = changes.after(connection, seen)
            return seen, scope.place(connection, kinds)


def _event(kinds: dict[str, list[int]]) -> str | None:
    return f"event: change\ndata: {json.dumps(kinds)}\n\n" if kinds else None


async def stream(request: Request) -> StreamingResponse:
    """Stream to one page the changes that its reader may see."""
    units = await asyncio.to_thread(seen_units, request)
    return answer(request.app.state.feed.stream(units))


def seen_units(request: Request) -> Units:
    """Return the units that whoever asks may see, over a connection that a stream does not hold."""
    with request.app.state.engine.connect() as connection:
        return units_of(connection, request.state.person)
