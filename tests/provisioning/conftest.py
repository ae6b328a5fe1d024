"""A centre in a folder of its own with one site, and brokers running its configuration."""

from __future__ import annotations

import secrets
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
import pytest
from sqlalchemy import Connection, Engine

from collector.parts import parts
from provisioning import codes, identifiers
from provisioning.app import make_enrolment
from provisioning.broker import reload
from provisioning.enrolment import Enrolment
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing
from provisioning.store.migrate import migrate
from provisioning.store.tables import site, unit

NOW_US = 1_700_000_000_000_000
DAY_US = 86_400_000_000


class Device(NamedTuple):
    """What an enrolled device connects with."""

    name: str
    password: str


@pytest.fixture
def broker_kind() -> str:
    """What runs the centre's configuration; tests of what differs by it take both in turn."""
    return "nats"


@pytest.fixture
def settings(tmp_path: Path, free_port: Callable[[], int], broker_kind: str) -> Settings:
    return Settings(
        home=tmp_path / "home",
        broker=broker_kind,
        broker_port=free_port(),
        broker_monitor_port=free_port(),
        broker_edge_ports=(free_port(), free_port()),
        enrolment_port=free_port(),
    )


@pytest.fixture
def registry(settings: Settings) -> Iterator[Engine]:
    """The registry's tables in SQLite under the centre's home."""
    opened = open_engine(settings.database)
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def add_site() -> Callable[[Connection, str], int]:
    """A function that writes a site with this code into a province of its own and returns its id."""

    def add(connection: Connection, code: str) -> int:
        place = {"code": code, "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2023-04-10"}
        unit_id = connection.scalar(unit.insert().values(place).returning(unit.c.id))
        values = {"code": code, "name": "Trường THPT Chuyên Hà Giang", "unit_id": unit_id, "created_at": NOW_US}
        site_id = connection.scalar(site.insert().values(values).returning(site.c.id))
        assert site_id is not None
        return site_id

    return add


@pytest.fixture
def enrolment(settings: Settings, registry: Engine) -> Iterator[Enrolment]:
    made = make_enrolment(settings)
    yield made
    made.engine.dispose()


@pytest.fixture
def new_code(enrolment: Enrolment, registry: Engine, add_site: Callable[[Connection, str], int]) -> Callable[[], str]:
    """A function that makes a site and returns its enrolment code as printed."""

    def make() -> str:
        site_code = identifiers.new_site()
        with writing(registry) as connection:
            site_id = add_site(connection, site_code)
            made = codes.make_codes(
                connection, enrolment.code_key, {site_id: site_code}, NOW_US + 36_500 * DAY_US, NOW_US
            )
        return made[site_id]

    return make


@pytest.fixture
def start_broker(settings: Settings) -> Iterator[Callable[..., list[subprocess.Popen[bytes]]]]:
    """A function that runs the real brokers by the configuration that lies there: one nats-server, or each edge."""
    with ExitStack() as running:

        def start(settings: Settings = settings, name: str = "broker") -> list[subprocess.Popen[bytes]]:
            found = [part for part in parts(settings) if part.name.startswith(name)]
            log = running.enter_context((settings.folder("log") / "broker.log").open("ab"))
            servers = [subprocess.Popen(part.command, stdout=log, stderr=log) for part in found]
            for server in servers:
                running.callback(server.wait, 20)
                running.callback(server.kill)  # its folder is thrown away
            for part in found:
                assert part.is_up is not None
                wait_until(part.is_up)
            return servers

        yield start


@pytest.fixture
def broker(
    settings: Settings, registry: Engine, start_broker: Callable[..., list[subprocess.Popen[bytes]]]
) -> list[subprocess.Popen[bytes]]:
    """The real brokers, running the centre's configuration."""
    reload.write_configuration(registry, settings)
    return start_broker()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """A function that polls until a condition holds, and fails when it does not within 20 s."""
    return wait_until


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "did not come true within 20 s"
        time.sleep(0.01)


class Client:
    """An MQTT 3.1.1 client as a device or the collector uses it."""

    def __init__(
        self,
        settings: Settings,
        user: str,
        password: str,
        edge: int = 0,
        client_id: str = "",
        will: tuple[str, bytes] | None = None,
    ) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.is_connected = False
        self.refusal: str | None = None
        self._answers: dict[int, int] = {}
        self.may_hear = threading.Lock()  # whoever holds it keeps us from reading on
        self.client_id = client_id or f"{user}-{secrets.token_hex(8)}"
        self._mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, self.client_id)
        self._mqtt.username_pw_set(user, password)
        if not settings.is_broker_plain:
            self._mqtt.tls_set_context(ssl.create_default_context(cafile=str(settings.folder("ca") / "ca.pem")))
        if will is not None:
            self._mqtt.will_set(*will, qos=1, retain=True)
        self._mqtt.on_connect = self._connected
        self._mqtt.on_disconnect = self._disconnected
        self._mqtt.on_subscribe = self._subscribed
        self._mqtt.on_message = self._arrived
        self._mqtt.connect("127.0.0.1", settings.broker_ports[edge], keepalive=30)
        self._mqtt.loop_start()
        wait_until(lambda: self.is_connected or self.refusal)

    def subscribe(self, topic: str, qos: int = 0) -> int:
        """Return what the broker grants: the QoS, or 0x80 for a refusal."""
        _, mid = self._mqtt.subscribe(topic, qos)
        assert mid is not None
        wait_until(lambda: mid in self._answers)
        return self._answers[mid]

    def publish(self, topic: str, payload: bytes, retain: bool = False, wait: bool = True) -> None:
        published = self._mqtt.publish(topic, payload, 1, retain)
        if wait:
            published.wait_for_publish(20)

    def break_off(self) -> None:
        """Vanish without a word, so that the broker says our will."""
        self._mqtt.loop_stop()
        self._mqtt.socket().shutdown(2)

    def close(self) -> None:
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def _connected(self, _c: object, _u: object, _f: object, reason: object, _p: object) -> None:
        self.is_connected = str(reason) == "Success"
        self.refusal = None if self.is_connected else str(reason)

    def _disconnected(self, _c: object, _u: object, _f: object, reason: object, _p: object) -> None:
        self.is_connected = False
        self.refusal = self.refusal or str(reason)

    def _arrived(self, _c: object, _u: object, message: mqtt.MQTTMessage) -> None:
        with self.may_hear:
            self.received.append((message.topic, message.payload))

    def _subscribed(self, _c: object, _u: object, mid: int, reasons: list[mqtt.ReasonCode], _p: object) -> None:
        self._answers[mid] = reasons[0].value


@pytest.fixture
def connect(settings: Settings) -> Iterator[Callable[..., Client]]:
    """A function that connects to the broker, or to an edge of it, by user and password."""
    clients: list[Client] = []

    def open_client(user: str, password: str, **others: Any) -> Client:
        clients.append(Client(settings, user, password, **others))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def enrol(enrolment: Enrolment) -> Callable[[str], Device]:
    """A function that enrols a new device by a code."""
    from contract.enrolment import EnrolmentRequest

    def ask(code: str) -> Device:
        password = secrets.token_urlsafe(16)
        answer = enrolment.enrol(EnrolmentRequest(code=code, password=password), NOW_US)
        return Device(answer.device, password)

    return ask
