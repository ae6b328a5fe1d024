"""Follows the centre every two seconds: believes only a document that is signed and newer, and tells of slots."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from collector.probe_server import signing
from collector.probe_server.document import Document, read
from collector.probe_server.journal import Journal, NewsOfSlots
from collector.probe_server.keys import Known
from provisioning import secret_files

KEPT = "probe-server-document"  # the file that outlives a restart
EVERY_S = 2.0
ANSWER_S = 20.0
_DOCUMENT, _SLOTS = "/probe-servers/document", "/probe-servers/slots"
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """What the centre answered is not to be believed, or nothing of use; the text says why."""


class Centre:
    """The centre's web, as a probe server speaks with it; all methods raise RefusedError or aiohttp's errors."""

    def __init__(self, url: str, key: bytes, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._key = key
        self._http = http

    async def newer(self, than: Document) -> bytes | None:
        """Return the lines of a newer document, None when there is none."""
        nonce, tag = secrets.token_hex(16), f'"{than.version}"'
        headers = {**self._signed(nonce, _DOCUMENT), "If-None-Match": tag}
        async with self._http.get(self._url + _DOCUMENT, headers=headers) as answer:
            if answer.status not in (200, 304):
                raise RefusedError(f"the centre answered {answer.status}")
            body = await answer.read()
            told_tag, signature = answer.headers.get("ETag", ""), answer.headers.get(signing.SIGNATURE, "")
        right = await asyncio.to_thread(signing.of_answer, self._key, nonce, told_tag, body)
        if not signing.is_same(right, signature):
            raise RefusedError("the answer is not signed by the centre's permit key")
        return body if answer.status == 200 else None

    async def take(self, news: NewsOfSlots) -> None:
        """Have the centre take news of slots."""
        nonce, body = secrets.token_hex(16), news.model_dump_json().encode()
        headers = {**self._signed(nonce, _SLOTS, body), "Content-Type": "application/json"}
        async with self._http.post(self._url + _SLOTS, data=body, headers=headers) as answer:
            if answer.status != 204:
                raise RefusedError(f"the centre answered {answer.status}")
            signature = answer.headers.get(signing.SIGNATURE, "")
        if not signing.is_same(signing.of_answer(self._key, nonce, ""), signature):
            raise RefusedError("the receipt is not signed by the centre's permit key")

    def _signed(self, nonce: str, path: str, body: bytes = b"") -> dict[str, str]:
        return {signing.NONCE: nonce, signing.SIGNATURE: signing.of_request(self._key, nonce, path, body)}


async def follow(centre: Centre, known: Known, file: Path) -> None:
    """Keep `known` and the file up to date for good."""
    await _repeat("the centre's document", lambda: learn(centre, known, file))


async def tell(centre: Centre, journal: Journal) -> None:
    """Tell the centre for good what became of slots; what it has not taken is told again."""
    await _repeat("news for the centre", lambda: tell_once(centre, journal))


async def learn(centre: Centre, known: Known, file: Path) -> None:
    """Ask once, and learn what is newer; raises what `Centre.newer` and `read` raise."""
    lines = await centre.newer(known.document)
    if lines is not None:
        document = await asyncio.to_thread(read, lines)
        if document.version < known.document.version:
            raise RefusedError(f"version {document.version} is older than {known.document.version}")
        await asyncio.to_thread(secret_files.write, file, lines)
        known.learn(document)
    known.heard_s = time.monotonic()


async def tell_once(centre: Centre, journal: Journal) -> None:
    """Tell the centre all that it does not know; raises what `Centre.take` raises."""
    while news := journal.untold():
        await centre.take(NewsOfSlots(slots=tuple(news)))
        journal.settle(news)


async def _repeat(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do it every two seconds; trouble is told when it begins, when it becomes another, and when it is over."""
    trouble = ""
    while True:
        try:
            await work()
            new_trouble = ""
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RefusedError) as error:
            new_trouble = str(error) or type(error).__name__
        if new_trouble != trouble:
            _log.warning("%s: %s", what, new_trouble or "all is well again")
            trouble = new_trouble
        await asyncio.sleep(EVERY_S)


def kept(file: Path) -> Document:
    """Return the document that was kept before a restart; one that knows nobody when there is none."""
    try:
        return read(file.read_bytes())
    except FileNotFoundError:
        return Document()
    except ValueError:
        _log.warning("%s is damaged: waiting for the centre", file)
        return Document()
