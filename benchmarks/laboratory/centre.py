"""A centre of real processes under a folder: database, registry, broker with each device's own rights, ingest."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from agent.child import Server
from collector.parts import Part, answers, parts
from collector.probe_server.centre import KEPT
from collector.probe_server.document import write
from collector.store.migrate import migrate
from collector.store.queries import document
from laboratory import registry
from laboratory.ports import free_port
from provisioning import authority, credentials, secret_files
from provisioning.broker import reload
from provisioning.settings import Settings
from provisioning.store.engine import open_engine

_DEADLINE_S = 60
_SUBSCRIPTIONS = 2  # nats-server keeps two for a filter at QoS 1

Process = subprocess.Popen[bytes]


class Login(NamedTuple):
    """What a device logs in to a broker by."""

    device: str
    password: str


class Centre:
    """A centre with its registry, of which nothing runs yet."""

    def __init__(self, home: Path, database_url: str, devices: int, edges: int = 0, *, is_plain: bool = False) -> None:
        """Make the database and its registry with so many devices, the authority and the brokers' configuration.

        edges: of Mosquitto; 0: the embedded broker. is_plain: no TLS.
        """
        ports = ("broker_port", "broker_monitor_port", "probe_http_port", "probe_udp_port")
        changed: dict[str, object] = {"database_url": database_url, **{name: free_port() for name in ports}}
        changed["broker_edge_ports"] = [free_port() for _ in range(max(1, edges))]
        changed |= {"broker": "mosquitto" if edges else "nats", "is_broker_plain": is_plain}
        home.mkdir(mode=0o700)
        (home / "settings.json").write_text(json.dumps(changed))
        self.settings = Settings.model_validate({"home": home, **changed})
        self.engine: Engine = open_engine(self.settings.database)
        migrate(self.engine)
        self.devices = registry.fill(self.engine, self.settings, devices)
        authority.make_authority(self.settings.folder("ca"), datetime.now(UTC))
        reload.write_configuration(self.engine, self.settings)

    @property
    def ca_file(self) -> Path:
        """The certificate that the broker's is signed by."""
        return self.settings.folder("ca") / "ca.pem"

    def broker(self) -> AbstractContextManager[Process]:
        """Run the broker, or the first edge of it."""
        return self._part(next(part for part in parts(self.settings) if part.name.startswith("broker")))

    @contextmanager
    def brokers(self) -> Iterator[list[Process]]:
        """Run the broker, or all edges of it."""
        with ExitStack() as running:
            wanted = [part for part in parts(self.settings) if part.name.startswith("broker")]
            yield [running.enter_context(self._part(part)) for part in wanted]

    def _part(self, part: Part) -> AbstractContextManager[Process]:
        assert part.is_up is not None
        return self._running(part.name, part.command, part.is_up)

    def ingest(self) -> AbstractContextManager[Process]:
        """Run the collector's ingest, as `diemcau-collector ingest` does."""
        is_up = self.has_subscriber if self.settings.broker == "nats" else self._is_ingest_everywhere
        return self._running("ingest", (sys.executable, "-m", "collector.cli", "ingest"), is_up)

    @contextmanager
    def probe_server(self) -> Iterator[Server]:
        """Run the probe server, which knows the devices by the document that it kept, and tell where it answers."""
        if not (kept := self.settings.folder("db") / KEPT).exists():
            self._write_document(kept)
        http, udp = self.settings.probe_http_port, self.settings.probe_udp_port
        command = (sys.executable, "-m", "collector.cli", "probe-server")
        with self._running("probe-server", command, lambda: answers(f"http://127.0.0.1:{http}/healthz")):
            yield Server("127.0.0.1", http, udp)

    def logins(self) -> list[Login]:
        """Return what the devices log in to the broker by."""
        return [Login(issued.device, issued.password) for issued in self.devices]

    def permit_key(self, device: str) -> str:
        """Return the key by which a device answers the probe server."""
        return credentials.permit_key(secret_files.key(self.settings.folder("secrets"), "permit-key"), device, 1)

    def _write_document(self, kept: Path) -> None:
        with self.engine.connect() as connection:
            made = document.build(connection, 1, time.time_ns() // 1000)
        secret_files.write(kept, write(made))

    def _is_ingest_everywhere(self) -> bool:
        """Tell whether ingest has said that it is connected to each edge: Mosquitto cannot be asked."""
        said = (self.settings.folder("log") / "ingest.log").read_text(encoding="utf-8")
        return said.count("connected to") >= len(self.settings.brokers)

    def has_subscriber(self) -> bool:
        """Tell whether somebody has subscribed as the collector to all that devices send."""
        url = f"http://127.0.0.1:{self.settings.broker_monitor_port}/connz?auth=1&user={reload.COLLECTOR}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return any(c["subscriptions"] >= _SUBSCRIPTIONS for c in json.load(answer)["connections"])

    @contextmanager
    def _running(self, name: str, command: tuple[str, ...], is_up: Callable[[], bool]) -> Iterator[Process]:
        path = self.settings.folder("log") / f"{name}.log"
        environment = {"DIEMCAU_HOME": str(self.settings.home), "PATH": "/usr/bin:/bin"}
        with path.open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            deadline = time.monotonic() + _DEADLINE_S
            while not is_up():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{name} does not start:\n{path.read_text()[-2000:]}")
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()
            process.wait(_DEADLINE_S)
