"""Follows the centre: asks every two seconds for the document, believes only what is signed and newer, and keeps it."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import time
from pathlib import Path

import aiohttp

from collector.probe_server import signing
from collector.probe_server.document import Document, read
from collector.probe_server.keys import Known
from provisioning import secret_files

EVERY_S = 2.0
ANSWER_S = 20.0
_PATH = "/probe-servers/document"
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """What the centre answered is not to be believed, or nothing of use; the text says why."""


class Centre:
    """The centre's web, as a probe server speaks with it."""

    def __init__(self, url: str, key: bytes, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._key = key
        self._http = http

    async def newer(self, than: Document) -> bytes | None:
        """Return the lines of a newer document, None when there is none; raises RefusedError or aiohttp's errors."""
        nonce, tag = secrets.token_hex(16), f'"{than.version}"'
        headers = {signing.NONCE: nonce, signing.SIGNATURE: signing.of_request(self._key, nonce, _PATH)}
        async with self._http.get(self._url + _PATH, headers={**headers, "If-None-Match": tag}) as answer:
            if answer.status not in (200, 304):
                raise RefusedError(f"the centre answered {answer.status}")
            body = await answer.read()
            told_tag, signature = answer.headers.get("ETag", ""), answer.headers.get(signing.SIGNATURE, "")
        right = await asyncio.to_thread(signing.of_answer, self._key, nonce, told_tag, body)
        if not signing.is_same(right, signature):
            raise RefusedError("the answer is not signed by the centre's permit key")
        return body if answer.status == 200 else None


async def follow(centre: Centre, known: Known, file: Path) -> None:
    """Keep `known` and the file up to date for good; tells of each kind of trouble once."""
    trouble = ""
    while True:
        try:
            await learn(centre, known, file)
            now_trouble = ""
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RefusedError) as error:
            now_trouble = str(error) or type(error).__name__
        if now_trouble != trouble:
            _log.warning("the centre's document: %s", now_trouble or "heard again")
            trouble = now_trouble
        await asyncio.sleep(EVERY_S)


async def learn(centre: Centre, known: Known, file: Path) -> None:
    """Ask once, and learn what is newer; raises what `Centre.newer` and `read` raise."""
    lines = await centre.newer(known.document)
    if lines is not None:
        document = await asyncio.to_thread(read, lines)
        if document.version < known.document.version:
            raise RefusedError(f"version {document.version} is older than {known.document.version}")
        await asyncio.to_thread(secret_files.write, file, lines)
        known.learn(document)
        gc.freeze()  # it is never garbage: looking it over would hold up transfers
    known.heard_s = time.monotonic()


def kept(file: Path) -> Document:
    """Return the document that was kept before a restart; one that knows nobody when there is none."""
    try:
        return read(file.read_bytes())
    except FileNotFoundError:
        return Document()
    except ValueError:
        _log.warning("%s is damaged: waiting for the centre", file)
        return Document()
