"""Runs the probe server, HTTP endpoints and UDP reflector, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import NamedTuple

from aiohttp import ClientSession, ClientTimeout, web

from collector.probe_server import asking, centre, metrics, mini, transfer
from collector.probe_server.caps import caps
from collector.probe_server.document import Document
from collector.probe_server.keeping import Keeping
from collector.probe_server.keys import KEEPING, KNOWN, LIMITS, PERMITS, REFLECTOR, SLOTS, Known
from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.ledger.store import open_store
from collector.probe_server.limits import FULL, Limits
from collector.probe_server.permits import Permits
from collector.probe_server.reflector import RateLimit, Reflector, reflecting
from collector.probe_server.slots import Slots
from contract.clock import Clock
from contract.probing import HEADER
from provisioning import secret_files
from provisioning.credentials import probe_server_key
from provisioning.settings import Settings

_DEFAULTS = Settings(home=Path())
_LOOK_EVERY_S = 0.25
# So many new objects are looked over for garbage at a time: some milliseconds in which no transfer goes on. All of
# them, a quarter of a second's worth with 40,000 devices and their places, about once in an hour of a dry run.
_GARBAGE = 10_000, 5, 200
_log = logging.getLogger(__name__)
_LINGER_S = 1.0  # what is sent to whoever may send nothing is read for so long, so that the refusal arrives


class Ports(NamedTuple):
    """Where a probe server answers."""

    http: int
    udp: int


def build_app(
    master: bytes,
    document: Document,
    settings: Settings = _DEFAULTS,
    ledger: Ledger | None = None,
    keeping: Keeping | None = None,
) -> web.Application:
    """Return the application with all its routes; master: of the devices' permit keys, keeping: of the ledger."""
    app = web.Application()
    app[KNOWN] = Known(document, time.monotonic())
    app[PERMITS] = Permits(master)
    slots = app[SLOTS] = Slots(ledger or Ledger(caps(settings, document)))
    app[KEEPING] = keeping or Keeping(slots.ledger)
    app[LIMITS] = Limits(slots)
    app[metrics.PAGE] = metrics.Page(metrics.Figures(app))
    app[REFLECTOR] = Reflector(Clock(), RateLimit(), lambda token, _: slots.stream(token, time.monotonic()))
    app.add_routes(asking.ROUTES)
    app.add_routes(transfer.ROUTES)
    app.add_routes(mini.ROUTES)
    app.add_routes(metrics.ROUTES)
    app.on_response_prepare.append(_mark)
    obey(app, settings)
    return app


async def _mark(_: web.Request, response: web.StreamResponse) -> None:
    response.headers[HEADER] = "1"
    response.headers["Cache-Control"] = "no-store"


@asynccontextmanager
async def serving(app: web.Application, host: str, http_port: int, udp_port: int) -> AsyncIterator[Ports]:
    """Answer on both ports (0: any free one) for as long as the context lasts; raises what its own tasks raise."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, lingering_time=_LINGER_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, http_port, backlog=512).start()
        with reflecting(app[REFLECTOR], host, udp_port) as bound_port:
            async with asyncio.TaskGroup() as tasks:  # whose trouble ends the server, so that it is begun anew
                looking = [tasks.create_task(app[LIMITS].watch()), tasks.create_task(_look(app[SLOTS]))]
                yield Ports(runner.addresses[0][1], bound_port)
                for task in looking:
                    task.cancel()
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
    folder = settings.folder("db")
    document = centre.kept(folder / centre.KEPT)
    store, kept = open_store(folder / "probe-server-ledger.db")
    ledger = Ledger(caps(settings, document), kept.costs, kept.bookings, time.time())
    keeping = Keeping(ledger, store)
    with closing(store), ExitStack() as at_end:
        at_end.callback(keeping.finish)
        app = build_app(master, document, settings, ledger, keeping)
        gc.freeze()  # what stands now stays
        gc.set_threshold(*_GARBAGE)
        async with (
            ClientSession(timeout=ClientTimeout(total=centre.ANSWER_S)) as http,
            serving(app, settings.host, settings.probe_http_port, settings.probe_udp_port) as ports,
            asyncio.TaskGroup() as tasks,
        ):
            _log.info("probe server on %s, HTTP port %d, UDP port %d", settings.host, ports.http, ports.udp)
            told = centre.Centre(settings.centre, probe_server_key(master), http)
            work = (
                centre.follow(told, app[KNOWN], folder / centre.KEPT),
                centre.tell(told, app[SLOTS].journal),
                _obey(app, settings),
                keeping.keep(),
            )
            working = [tasks.create_task(one) for one in work]
            await stop.wait()
            for task in working:
                task.cancel()


def obey(app: web.Application, settings: Settings) -> None:
    """Go by the newest document: what may be asked for, and what may be granted at once."""
    document = app[KNOWN].document
    app[SLOTS].obey(document, caps(settings, document))
    # What the ledger may grant, the card must be allowed to carry: `caps` may have raised it.
    app[LIMITS].capacity_mbps = app[SLOTS].ledger.figures().capacity_bps / 1e6 / FULL


async def _obey(app: web.Application, settings: Settings) -> None:
    while True:
        await app[KNOWN].change()
        obey(app, settings)


async def _look(slots: Slots) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        slots.look()
