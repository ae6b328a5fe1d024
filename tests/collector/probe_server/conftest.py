"""A probe server on free loopback ports, in a thread, for clients that block."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from collector.probe_server.app import build_app, serving


@pytest.fixture
def ports(permit_master, document):
    started = Future()

    async def serve():
        stop = asyncio.Event()
        async with serving(build_app(permit_master, document), "127.0.0.1", 0, 0) as ports:
            started.set_result((ports, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ports, loop, stop = started.result(timeout=10)
    yield ports
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=10)
    assert not thread.is_alive()
