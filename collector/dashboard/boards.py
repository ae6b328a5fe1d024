"""Keeps boards drawn, each once for all who look at it, and sends open pages the pieces that changed.

A board is drawn for a session, a scope and a language at most every two seconds, however many pages ask for it and
whatever arrives.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from collector.dashboard.board import Board, draw
from collector.dashboard.figures import Figures, figures_of
from collector.dashboard.words import Words
from collector.store.queries.sessions import all_sessions, choose
from collector.store.scope import Sight, Units

log = logging.getLogger(__name__)

GAP_S = 2.0  # between two drawings of a board
AGES_S = 60.0  # then it is drawn again in any case: ages must not lie
LOOK_S = 0.25
HEARTBEAT_S = 15.0
STREAM_S = 600.0  # then the page comes again, and is asked again who it is
_WAITING = 4  # messages kept for a page that is slow to take them
_SHOWN = frozenset({"standing", "presence", "participation", "site", "device", "holiday", "policy", "session"})
_BEAT = "event: beat\ndata:\n\n"
_HELLO = "event: hello\ndata:\n\n"  # fetch the whole page again


class Key(NamedTuple):
    """Which board: of a session, for whoever sees these units, in a language."""

    session_id: int
    units: Units
    lang: str


class Drawn(NamedTuple):
    """A board, when it was drawn (monotonic seconds), and how many changes had been noted by then."""

    board: Board
    at_s: float
    noted: int


class Boards:
    """The boards of one web process; `now` tells microseconds since 1970 UTC."""

    def __init__(self, engine: Engine, now: Callable[[], int]) -> None:
        self._engine = engine
        self._now = now
        self._drawn: dict[Key, Drawn] = {}
        self._figures: dict[tuple[int, Units], tuple[Figures, float]] = {}
        self._lock = threading.Lock()  # one drawing at a time: whoever comes meanwhile gets what it made
        self._noted = 0
        self._queues: defaultdict[Key, set[asyncio.Queue[str]]] = defaultdict(set)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send pieces to whoever follows, until the end."""
        task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def note(self, kinds: Collection[str] | None) -> None:
        """Take notice that something of these kinds has changed; None: anything may have."""
        if kinds is None or not _SHOWN.isdisjoint(kinds):
            self._noted += 1
        if kinds is None or "session" in kinds:
            for queues in self._queues.values():
                _tell(queues, _HELLO, _HELLO)

    def get(self, connection: Connection, key: Key) -> Board:
        """Return a board as it was at most two seconds ago; raises LookupError when there is no such session.

        Who waits for the lock has a connection already: whoever holds it never waits for one.
        """
        with self._lock:
            found = self._drawn.get(key)
            if found is None or time.monotonic() - found.at_s >= GAP_S:
                found = self._drawn[key] = self._draw(connection, key)
            return found.board

    def figures(self, sight: Sight, session_id: int) -> Figures:
        """Return the figures of a session as they were at most two seconds ago."""
        with self._lock:
            return self._figures_of(sight, session_id)

    def look(self, key: Key) -> Board:
        """Return the same over a connection of its own."""
        with self._engine.connect() as connection:
            return self.get(connection, key)

    async def stream(self, key: Key, seen: str) -> AsyncIterator[str]:
        """Yield server-sent events: all pieces unless the page has seen them, then those that changed, and beats."""
        queue: asyncio.Queue[str] = asyncio.Queue(_WAITING)
        self._queues[key].add(queue)
        ends_at_s = time.monotonic() + STREAM_S
        try:
            board = await asyncio.to_thread(self.look, key)
            yield _BEAT if board.version == seen else _event(board, board.pieces)
            while time.monotonic() < ends_at_s:
                try:
                    yield await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield _BEAT
        finally:
            self._queues[key].discard(queue)
            if not self._queues[key]:
                del self._queues[key]

    def _draw(self, connection: Connection, key: Key) -> Drawn:
        noted, at_s, now = self._noted, time.monotonic(), self._now()
        session = choose(all_sessions(connection), now, key.session_id)
        if session is None:
            raise LookupError(f"no session {key.session_id}")
        figures = self._figures_of(Sight(connection, key.units), key.session_id)
        return Drawn(draw(figures, session, Words(key.lang, now)), at_s, noted)

    def _figures_of(self, sight: Sight, session_id: int) -> Figures:
        figures, read_s = self._figures.get((session_id, sight.units), (None, 0.0))
        if figures is None or time.monotonic() - read_s >= GAP_S:
            read_s = time.monotonic()
            figures = figures_of(sight, session_id, self._now())
            self._figures[session_id, sight.units] = figures, read_s
        return figures

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for key in list(self._queues):
                before = self._drawn.get(key)
                if before is None or not self._is_due(before):
                    continue
                try:
                    after = await asyncio.to_thread(self.look, key)
                except Exception:  # whatever is wrong with one board, the others go on
                    log.warning("the board of session %d cannot be drawn; trying again", key.session_id, exc_info=True)
                    continue
                changed = {id_: html for id_, html in after.pieces.items() if before.board.pieces.get(id_) != html}
                if after.pieces.keys() != before.board.pieces.keys():
                    _tell(self._queues[key], _HELLO, _HELLO)
                elif changed:
                    _tell(self._queues[key], _event(after, changed), _event(after, after.pieces))

    def _is_due(self, drawn: Drawn) -> bool:
        age_s = time.monotonic() - drawn.at_s
        return age_s >= (GAP_S if self._noted != drawn.noted else AGES_S)


def _event(board: Board, pieces: Mapping[str, str]) -> str:
    return f"event: pieces\nid: {board.version}\ndata: {json.dumps(pieces, ensure_ascii=False)}\n\n"


def _tell(queues: Collection[asyncio.Queue[str]], event: str, instead: str) -> None:
    """Put an event into every queue; one that is full is emptied, and gets `instead` all that it missed."""
    for queue in queues:
        is_behind = queue.full()
        while is_behind and not queue.empty():
            queue.get_nowait()
        queue.put_nowait(instead if is_behind else event)
