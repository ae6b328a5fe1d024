"""Runs the probe server, HTTP endpoints and UDP reflector, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiohttp import web

from collector.probe_server import mini
from collector.probe_server.reflector import RateLimit, Reflector
from contract.clock import Clock
from provisioning.settings import Settings

_log = logging.getLogger(__name__)


class Ports(NamedTuple):
    """Where a probe server answers."""

    http: int
    udp: int


@asynccontextmanager
async def serving(host: str, http_port: int, udp_port: int, clock: Clock) -> AsyncIterator[Ports]:
    """Answer on both ports (0: any free one) for as long as the context lasts."""
    runner = web.AppRunner(mini.build_app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, http_port, backlog=512).start()
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Reflector(clock, RateLimit()), local_addr=(host, udp_port)
        )
        try:
            yield Ports(runner.addresses[0][1], transport.get_extra_info("sockname")[1])
        finally:
            transport.close()
    finally:
        await runner.cleanup()


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(settings.host, settings.probe_http_port, settings.probe_udp_port, Clock()) as ports:
        _log.info("probe server on %s, HTTP port %d, UDP port %d", settings.host, ports.http, ports.udp)
        await stop.wait()
