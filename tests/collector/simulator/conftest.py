"""A real nats-server with two devices' rights and the collector's, and the collector's end of it."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from collector.broker_parts import nats_server
from collector.intake.arrival import Arrival
from collector.link.connection import Connection
from collector.parts import answers
from collector.simulator.files import Credentials
from contract import wire
from provisioning import authority, credentials
from provisioning.broker import nats


class Broker(NamedTuple):
    """A running broker, its devices' credentials, and what the collector heard over it."""

    devices: list[Credentials]
    heard: list[Arrival]
    collector: Connection

    def kinds(self, device: Credentials) -> list[str]:
        """What was heard of a device, in order."""
        topics = (wire.parse_topic(arrival.topic) for arrival in list(self.heard))
        return [topic.kind for topic in topics if topic.device == device.device]

    def presences(self, device: Credentials) -> list[str]:
        topic = wire.topic_for(device.device, "presence")
        return [wire.decode_presence(one.payload).state for one in list(self.heard) if one.topic == topic]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Broker]:
    folder = tmp_path_factory.mktemp("broker")
    files = authority.server_certificate(folder, ("127.0.0.1",), datetime.now(UTC))
    layout = nats.Layout(folder, "127.0.0.1", free_port(), free_port(), files, "0")
    url, ca_file = f"mqtts://127.0.0.1:{layout.port}", str(folder / "ca.pem")
    devices = [
        Credentials(device=f"d-0000000{n}", password=secrets.token_urlsafe(24), brokers=(url,), ca_file=ca_file)
        for n in range(3)
    ]
    users = [nats.User(one.device, credentials.bcrypt_of(one.password)) for one in devices]
    collector = nats.User("collector", credentials.bcrypt_of("collector's word"))
    (folder / "nats.conf").write_text(nats.configuration(users, collector, layout))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([str(nats_server()), "-c", str(folder / "nats.conf")], stdout=log, stderr=log)
    heard: list[Arrival] = []
    link = Connection(url, 0, "collector's word", ca_file, heard.append, lambda _: None)
    try:
        _wait(lambda: answers(f"http://127.0.0.1:{layout.monitor_port}/healthz"))
        link.start()
        _wait(lambda: link.is_connected)
        yield Broker(devices, heard, link)
        link.stop()
    finally:
        server.kill()  # its folder is thrown away
        server.wait(20)


def _wait(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {within_s:.0f} s"
        time.sleep(0.01)


@pytest.fixture
def until() -> Callable[..., object]:
    """A coroutine function that polls until something is found, and fails when it is not within 20 s."""

    async def poll(found: Callable[[], object]) -> object:
        deadline = time.monotonic() + 20
        while not (value := found()):
            assert time.monotonic() < deadline, "did not come true within 20 s"
            await asyncio.sleep(0.01)
        return value

    return poll
