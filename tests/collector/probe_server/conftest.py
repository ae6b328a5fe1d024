"""A probe server on free loopback ports, in a thread, for clients that block."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from collector.probe_server.app import Ports, build_app, obey, serving
from collector.probe_server.document import Document
from collector.probe_server.keys import KNOWN
from contract import permit
from contract.probing import Answer, Ask
from provisioning.credentials import permit_key
from provisioning.settings import Settings


class Probe(NamedTuple):
    """A probe server that runs, and how a test speaks with it."""

    app: web.Application
    loop: asyncio.AbstractEventLoop
    ports: Ports
    master: bytes
    settings: Settings

    def fetch(self, method: str, path: str, body: str | bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.http, timeout=30)
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def nonce(self) -> str:
        return str(json.loads(self.fetch("GET", "/v1/nonce")[1])["nonce"])

    def question(self, device: str = "dev-00000001", *, generation: int = 1, **told: Any) -> Ask:
        """An Ask as the device with a key of this generation makes it."""
        values = {"device": device, "test": "line", "purpose": "person", "answer": "0" * 64, **told}
        asked = Ask.model_validate({**values, "nonce": told.get("nonce") or self.nonce()})
        key = permit_key(self.master, device, generation)
        return asked.model_copy(update={"answer": permit.answer(key, asked.nonce, asked.asked)})

    def send(self, question: Ask) -> Any:
        return Answer.validate_json(self.fetch("POST", "/v1/slots", question.model_dump_json())[1])

    def ask(self, device: str = "dev-00000001", **told: Any) -> Any:
        return self.send(self.question(device, **told))

    def obey(self, document: Document) -> None:
        """Have it go by another document."""

        def learn() -> None:
            self.app[KNOWN].learn(document)
            obey(self.app, self.settings)

        self.do(learn)

    def do(self, what: Callable[[], Any]) -> Any:
        """Run something where the probe server runs."""

        async def run() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=10)


@contextmanager
def running(master: bytes, document: Document, **settings: Any) -> Iterator[Probe]:
    started: Future[tuple[Probe, asyncio.Event]] = Future()
    chosen = Settings(home=Path("/nowhere"), **settings)

    async def serve() -> None:
        stop = asyncio.Event()
        app = build_app(master, document, chosen)
        async with serving(app, "127.0.0.1", 0, 0) as ports:
            started.set_result((Probe(app, asyncio.get_running_loop(), ports, master, chosen), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    probe, stop = started.result(timeout=10)
    try:
        yield probe
    finally:
        probe.loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.fixture
def probe(permit_master: bytes, document: Document) -> Iterator[Probe]:
    with running(permit_master, document) as started:
        yield started


@pytest.fixture
def start(permit_master: bytes, document: Document) -> Callable[..., Any]:
    """A function that runs a probe server with these settings for as long as a `with` lasts."""
    return lambda **settings: running(permit_master, document, **settings)


@pytest.fixture
def ports(probe: Probe) -> Ports:
    return probe.ports
