"""Runs the probe server, HTTP endpoints and UDP reflector, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import ClientSession, ClientTimeout, web

from collector.probe_server import asking, centre, mini, transfer
from collector.probe_server.document import Document
from collector.probe_server.keys import KNOWN, PERMITS, REFLECTOR, SLOTS, Known
from collector.probe_server.permits import Permits
from collector.probe_server.reflector import RateLimit, Reflector, reflecting
from collector.probe_server.slots import Slots
from contract.clock import Clock
from contract.probing import HEADER
from provisioning import secret_files
from provisioning.credentials import probe_server_key
from provisioning.settings import Settings

_log = logging.getLogger(__name__)
_LINGER_S = 1.0  # what is sent to whoever may send nothing is read for so long, so that the refusal arrives


class Ports(NamedTuple):
    """Where a probe server answers."""

    http: int
    udp: int


def build_app(master: bytes, document: Document) -> web.Application:
    """Return the application with all its routes; master: of the devices' permit keys."""
    app = web.Application()
    app[KNOWN] = Known(document, time.monotonic())
    app[PERMITS] = Permits(master)
    slots = app[SLOTS] = Slots()
    app[REFLECTOR] = Reflector(Clock(), RateLimit(), lambda token, _: slots.stream(token, time.monotonic()))
    app.add_routes(asking.ROUTES)
    app.add_routes(transfer.ROUTES)
    app.add_routes(mini.ROUTES)
    app.add_routes([web.get("/healthz", _healthz)])
    app.on_response_prepare.append(_mark)
    return app


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _mark(_: web.Request, response: web.StreamResponse) -> None:
    response.headers[HEADER] = "1"
    response.headers["Cache-Control"] = "no-store"


@asynccontextmanager
async def serving(app: web.Application, host: str, http_port: int, udp_port: int) -> AsyncIterator[Ports]:
    """Answer on both ports (0: any free one) for as long as the context lasts."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, lingering_time=_LINGER_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, http_port, backlog=512).start()
        with reflecting(app[REFLECTOR], host, udp_port) as bound_port:
            yield Ports(runner.addresses[0][1], bound_port)
    finally:
        await runner.cleanup()


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    master = secret_files.key(settings.folder("secrets"), "permit-key")
    file = settings.folder("db") / "probe-server-document"
    app = build_app(master, centre.kept(file))
    async with (
        ClientSession(timeout=ClientTimeout(total=centre.ANSWER_S)) as http,
        serving(app, settings.host, settings.probe_http_port, settings.probe_udp_port) as ports,
        asyncio.TaskGroup() as tasks,
    ):
        _log.info("probe server on %s, HTTP port %d, UDP port %d", settings.host, ports.http, ports.udp)
        told = centre.Centre(settings.centre, probe_server_key(master), http)
        following = tasks.create_task(centre.follow(told, app[KNOWN], file))
        await stop.wait()
        following.cancel()
