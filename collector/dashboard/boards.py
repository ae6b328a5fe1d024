"""Keeps boards drawn, each once for all who look at it, and sends open pages the pieces that changed.

A board is drawn for a session, a scope and a language at most every two seconds, however many pages ask for it and
whatever arrives. Each page that has one brings what draws it: overview_board, speakers_board.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import math
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from sqlalchemy import Connection, Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import StreamingResponse

from collector.dashboard import stream
from collector.dashboard.live import seen_units
from collector.dashboard.render import language
from collector.dashboard.stream import BEAT, HELLO, Queue
from collector.dashboard.words import Words
from collector.store.queries.sessions import Session, all_sessions, choose
from collector.store.scope import Sight, Units

log = logging.getLogger(__name__)

GAP_S = 2.0  # between two drawings of a board
AGES_S = 60.0  # then it is drawn again in any case: ages must not lie
LOOK_S = 0.25
_WAITING = 4  # messages kept for a page that is slow to take them
_SHOWN = frozenset(
    {
        "standing",
        "presence",
        "participation",
        "site",
        "device",
        "holiday",
        "power_cut",
        "policy",
        "session",
        "speaking",
        "capacity",
    }
)


class Board(NamedTuple):
    """The pieces of a board, each an element with an id: by their ids, in the order in which a page shows them."""

    version: str  # equal when all pieces are
    pieces: dict[str, str]

    @classmethod
    def of(cls, pieces: dict[str, str]) -> Board:
        """Return the board of these pieces."""
        return cls(hashlib.sha256("".join(pieces.values()).encode()).hexdigest()[:16], pieces)

    def those(self, kind: str) -> list[str]:
        """Return the pieces whose id begins with this kind and a dash."""
        return [html for id_, html in self.pieces.items() if id_.startswith(f"{kind}-")]


Drawing = Callable[[Sight, Session, Words], Board]


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
    """The boards of one page in one web process; `now` tells microseconds since 1970 UTC."""

    def __init__(self, engine: Engine, now: Callable[[], int], drawing: Drawing, *, ages_s: float = AGES_S) -> None:
        """Keep boards as `drawing` draws them, and none for longer than `ages_s`."""
        self._engine = engine
        self._now = now
        self._drawing = drawing
        self._ages_s = ages_s
        self._drawn: dict[Key, Drawn] = {}
        self._forgotten_s: dict[int, float] = {}  # by session: what was begun before is not to be told any more
        self._told: dict[Key, Board] = {}  # what the open pages have seen: others may have had it drawn since
        self._lock = threading.Lock()  # one drawing at a time: whoever comes meanwhile gets what was drawn before
        self._noted = 0
        self._queues: defaultdict[Key, set[Queue]] = defaultdict(set)

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
                _tell(queues, HELLO, HELLO)

    def forget(self, session_id: int) -> None:
        """Draw the boards of a session anew for whoever asks next: they have changed something and must see it.

        One that is being drawn meanwhile may have read what was before, and is drawn once more.
        """
        self._forgotten_s[session_id] = time.monotonic()
        for key in list(self._drawn):
            if key.session_id == session_id:
                self._drawn.pop(key, None)

    def get(self, connection: Connection, key: Key) -> Board:
        """Return a board as it was at most two seconds ago; raises LookupError when there is no such session.

        While it is drawn anew, others are told the one before. Who waits for the lock has a connection already:
        whoever holds it never waits for one.
        """
        found = self._drawn.get(key)
        if found is not None and (self._is_young(key, found) or not self._lock.acquire(blocking=False)):
            return found.board
        if found is None:
            self._lock.acquire()
        try:
            found = self._drawn.get(key)
            if found is None or not self._is_young(key, found):
                found = self._drawn[key] = self._draw(connection, key)
            return found.board
        finally:
            self._lock.release()

    def look(self, key: Key) -> Board:
        """Return the same over a connection of its own."""
        with self._engine.connect() as connection:
            return self.get(connection, key)

    async def stream(self, key: Key, seen: str) -> AsyncIterator[str]:
        """Yield server-sent events: all pieces unless the page has seen them, then those that changed, and beats."""
        queue: Queue = asyncio.Queue(_WAITING)
        self._queues[key].add(queue)
        try:
            board = await asyncio.to_thread(self.look, key)
            self._told.setdefault(key, board)
            yield BEAT if board.version == seen else _event(board, board.pieces)
            async for event in stream.follow(queue):
                yield event
        finally:
            self._queues[key].discard(queue)
            if not self._queues[key]:
                del self._queues[key]
                self._told.pop(key, None)

    def _draw(self, connection: Connection, key: Key) -> Drawn:
        noted, at_s, now = self._noted, time.monotonic(), self._now()
        session = choose(all_sessions(connection), now, key.session_id)
        if session is None:
            raise LookupError(f"no session {key.session_id}")
        return Drawn(self._drawing(Sight(connection, key.units), session, Words(key.lang, now)), at_s, noted)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for key in list(self._queues):
                drawn = self._drawn.get(key)
                if drawn is not None and not self._is_due(key, drawn):
                    self._tell_changed(key, drawn.board)
                    continue
                try:
                    self._tell_changed(key, await asyncio.to_thread(self.look, key))
                except Exception:  # whatever is wrong with one board, the others go on
                    log.warning("the board of session %d cannot be drawn; trying again", key.session_id, exc_info=True)

    def _tell_changed(self, key: Key, board: Board) -> None:
        told = self._told.get(key)
        if told is None or told is board:
            return
        self._told[key] = board
        changed = {id_: html for id_, html in board.pieces.items() if told.pieces.get(id_) != html}
        if board.pieces.keys() != told.pieces.keys():
            _tell(self._queues[key], HELLO, HELLO)
        elif changed:
            _tell(self._queues[key], _event(board, changed), _event(board, board.pieces))

    def _is_due(self, key: Key, drawn: Drawn) -> bool:
        age_s = time.monotonic() - drawn.at_s
        return self._is_forgotten(key, drawn) or age_s >= (GAP_S if self._noted != drawn.noted else self._ages_s)

    def _is_young(self, key: Key, drawn: Drawn) -> bool:
        return time.monotonic() - drawn.at_s < GAP_S and not self._is_forgotten(key, drawn)

    def _is_forgotten(self, key: Key, drawn: Drawn) -> bool:
        return drawn.at_s <= self._forgotten_s.get(key.session_id, -math.inf)


def _event(board: Board, pieces: Mapping[str, str]) -> str:
    return f"event: pieces\nid: {board.version}\ndata: {json.dumps(pieces, ensure_ascii=False)}\n\n"


def _tell(queues: Collection[Queue], event: str, instead: str) -> None:
    for queue in queues:
        stream.put(queue, event, instead)


async def follow(request: Request, boards: Boards, session: int, seen: str) -> StreamingResponse:
    """Stream the pieces of a page's board as they change; `seen`: the version that the page shows."""
    key = Key(session, await asyncio.to_thread(seen_units, request), language(request))
    try:
        await asyncio.to_thread(boards.look, key)
    except LookupError:
        raise HTTPException(404) from None
    return stream.answer(boards.stream(key, request.headers.get("last-event-id") or seen))
