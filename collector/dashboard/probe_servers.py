"""What probe servers are told, the document by which they know their devices, and what they tell of slots."""

from __future__ import annotations

import gzip
import threading
import time
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.render import now
from collector.probe_server import signing
from collector.probe_server.document import Document, write
from collector.probe_server.journal import NewsOfSlots
from collector.store import campaigns, line_tests, slots
from collector.store.queries import document
from provisioning.credentials import probe_server_key
from provisioning.store.engine import writing

_SPARE = 10.0  # while changes come one after another, making documents takes a tenth of the time

_MOST_BODY_BYTES = 262_144  # of news of slots: as many as are told at once take two thirds of it at most


class Told(NamedTuple):
    """A document as it goes out."""

    version: int
    is_stopped: bool
    dry_run: str  # which one, and how it stands
    body: bytes
    packed: bytes

    @property
    def tag(self) -> str:
        """Its ETag."""
        return f'"{self.version}"'


class Documents:
    """The newest document."""

    def __init__(self, engine: Engine, master: bytes) -> None:
        self.key = probe_server_key(master)
        self._engine = engine
        self._lock = threading.Lock()
        self._mark = document.Mark()
        self._told: Told | None = None
        self._next_s = 0.0

    def newest(self, now_us: int) -> Told:
        """Return the document of now; of changes that come too fast the last one is told a little later."""
        with self._lock, self._engine.connect() as connection:
            self._mark = document.mark(connection, self._mark)
            version = document.version(connection, self._mark, now_us)
            if self._told is None or (version > self._told.version and self._may_make(connection, self._told)):
                began_s = time.monotonic()
                self._told = _pack(document.build(connection, version, now_us), _state(connection))
                self._next_s = time.monotonic() + _SPARE * (time.monotonic() - began_s)
            return self._told

    def _may_make(self, connection: Connection, told: Told) -> bool:
        """Tell whether the pace allows it; a stop, and whatever is done with a dry run, waits for no pace."""
        is_urgent = (line_tests.is_stopped(connection), _state(connection)) != (told.is_stopped, told.dry_run)
        return is_urgent or time.monotonic() >= self._next_s


async def require(request: Request) -> None:
    """Let a probe server in by its signature over all that it asks or tells; raises HTTPException."""
    nonce, told = request.headers.get(signing.NONCE, ""), request.headers.get(signing.SIGNATURE, "")
    request.state.body = await _body(request)
    right = signing.of_request(request.app.state.documents.key, nonce, request.url.path, request.state.body)
    if not signing.is_same(right, told):
        raise HTTPException(403)


async def _body(request: Request) -> bytes:
    """Return the body, of which nobody has shown yet that it is a probe server's; raises HTTPException when long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BODY_BYTES:
            raise HTTPException(413)
    return body


def show(request: Request) -> Response:
    """Answer with the document, or that it is still the one that the probe server has."""
    documents: Documents = request.app.state.documents
    newest = documents.newest(now(request))
    is_known = request.headers.get("If-None-Match") == newest.tag
    nonce = request.headers[signing.NONCE]
    signature = signing.of_answer(documents.key, nonce, newest.tag, b"" if is_known else newest.body)
    headers = {"ETag": newest.tag, signing.SIGNATURE: signature}
    if is_known:
        return Response(status_code=304, headers=headers)
    return Response(newest.packed, media_type="application/x-ndjson", headers={**headers, "Content-Encoding": "gzip"})


async def take_news(request: Request) -> Response:
    """Take what became of slots, and give a signed receipt."""
    try:
        news = NewsOfSlots.model_validate_json(request.state.body)
    except ValidationError:
        raise HTTPException(400) from None
    await run_in_threadpool(_store, request.app.state.engine, news, now(request))
    signature = signing.of_answer(request.app.state.documents.key, request.headers[signing.NONCE], "")
    return Response(status_code=204, headers={signing.SIGNATURE: signature})


def _store(engine: Engine, news: NewsOfSlots, now_us: int) -> None:
    with writing(engine) as connection:
        slots.take(connection, news.slots, now_us)


def _state(connection: Connection) -> str:
    found = campaigns.going_on(connection)
    return "" if found is None else f"{found.code} {found.state}"


def _pack(made: Document, dry_run: str) -> Told:
    body = write(made)
    return Told(made.version, made.is_stopped, dry_run, body, gzip.compress(body, 1))
