"""A laboratory of real processes: residents with spools, a broker, ingest on a database, and a hand that kills."""

from __future__ import annotations

import json
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Engine, select

from agent.paths import spool as spool_folder
from agent.spool import Spool
from collector.parts import Part, parts
from collector.store.migrate import migrate
from collector.store.tables import report, spool
from contract import stamp
from contract.clock import Clock
from contract.settings import AgentSettings
from provisioning import authority, credentials
from provisioning.broker import reload
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing
from provisioning.store.tables import device, site, unit

HERE = Path(__file__).parent
DRAIN_DEADLINE_S = 180


class Books(NamedTuple):
    """What the collector holds of one device, summed over its spools."""

    accepted: int
    committed: int
    spooled: int
    dropped: int
    quarantined: int
    redelivered: int


@dataclass
class Lab:
    """Everything that runs, and what the oracle knows."""

    settings: Settings
    engine: Engine
    residents: int
    reports_each: int
    interval_s: float
    chance: random.Random
    mode: tuple[str, ...] = ()
    kills: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    # --- the world

    def found(self) -> None:
        """Write a registry with one device per site, and the files that enrolment would have left with each."""
        ca = authority.make_authority(self.settings.folder("ca"), datetime.now(UTC))
        with writing(self.engine) as connection:
            place = {"code": "01", "level": 1, "name": "Thành phố Hà Nội", "valid_from": "2008-08-01"}
            unit_id = connection.execute(unit.insert().values(place).returning(unit.c.id)).scalar_one()
            for number in range(self.residents):
                name, password = f"d-fault{number:03}", secrets.token_urlsafe(16)
                values = {"code": f"S{number:06}", "name": name, "unit_id": unit_id, "created_at": 0}
                site_id = connection.execute(site.insert().values(values).returning(site.c.id)).scalar_one()
                verifiers = credentials.make_verifiers(password)._asdict()
                row = {"name": name, "site_id": site_id, "state": "active", "is_spare": False, "generation": 1}
                connection.execute(device.insert().values(**row, **verifiers, enrolled_at=0))
                self._equip(name, password, ca)
                self.names.append(name)
        reload.write_configuration(self.engine, self.settings)

    def _equip(self, name: str, password: str, ca: Path) -> None:
        home = self._home(name)
        home.mkdir()
        (home / "password").write_text(password)
        (home / "ca.pem").write_bytes(ca.read_bytes())
        settings = AgentSettings.model_validate(
            {
                "device": name,
                "brokers": list(self.settings.brokers),
                "probe_server": {"host": "127.0.0.1", "http_port": 9, "udp_port": self.settings.probe_udp_port},
                "keepalive_s": 15,
            }
        )
        (home / "settings.json").write_text(settings.model_dump_json())

    def _home(self, name: str) -> Path:
        return self.settings.home / name

    # --- processes

    @property
    def brokers(self) -> list[str]:
        """The broker, or the edges of it."""
        return [part.name for part in self._broker_parts()]

    def start(self) -> None:
        for name in self.brokers:
            self.start_broker(name)
        self.start_ingest()
        if self.reports_each:
            for name in self.names:
                self.start_resident(name)

    def start_broker(self, name: str = "broker") -> None:
        part = next(part for part in self._broker_parts() if part.name == name)
        self._run(name, *part.command)
        deadline = time.monotonic() + 30
        while part.is_up is None or not part.is_up():
            assert time.monotonic() < deadline, "the broker does not start"
            time.sleep(0.05)

    def _broker_parts(self) -> list[Part]:
        return [part for part in parts(self.settings) if part.name.startswith("broker")]

    def start_ingest(self) -> None:
        """Start ingest; once it has been killed, it mostly dies by itself too, at a step of its database or later."""
        die_at = ("0", str(self.chance.randint(10, 400)), "committed")[self.kills["ingest"] % 3]
        self._run("ingest", sys.executable, str(HERE / "ingest_process.py"), str(self.settings.home), die_at)

    def start_resident(self, name: str) -> None:
        home = self._home(name)
        numbers = (str(self.reports_each), str(self.interval_s))
        script = str(HERE / "resident_process.py")
        self._run(name, sys.executable, script, str(home / "settings.json"), *numbers, str(home / "log"), *self.mode)

    def _run(self, name: str, *command: str) -> None:
        with (self.settings.folder("log") / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        process = self._processes[name]
        process.kill()
        process.wait()
        self.kills["resident" if name in self.names else name.partition("-")[0]] += 1

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()

    def revive(self) -> None:
        """Start again whoever killed itself at its appointed step."""
        if self._processes["ingest"].poll() is not None:
            assert self._processes["ingest"].returncode == -signal.SIGKILL, self._log("ingest")
            self.kills["ingest"] += 1
            self.start_ingest()
        for name in (*self.names, *self.brokers):
            assert self._processes[name].poll() is None, self._log(name)

    def password(self, name: str) -> str:
        return (self._home(name) / "password").read_text()

    def _log(self, name: str) -> str:
        return (self.settings.folder("log") / f"{name}.log").read_text()[-3000:]

    # --- faults

    def torment(self, ingest: int, broker: int, resident: int, pause_s: float) -> None:
        """Kill each kind so many times with -9, in random order, and start it again."""
        faults = ["ingest"] * ingest + ["broker"] * broker + ["resident"] * resident
        self.chance.shuffle(faults)
        for fault in faults:
            self._wait(self.chance.uniform(0.5, 1.5) * pause_s)
            if fault == "ingest":
                self.kill("ingest")
                self._wait(self.chance.uniform(0, 0.5), is_ingest_down=True)
                self.start_ingest()
            elif fault == "broker":
                name = self.chance.choice(self.brokers)
                self.kill(name)
                time.sleep(self.chance.uniform(0, 0.5))
                self.start_broker(name)
            else:
                name = self.chance.choice(self.names)
                self.kill(name)
                self.start_resident(name)

    def _wait(self, seconds: float, *, is_ingest_down: bool = False) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not is_ingest_down:
                self.revive()
            time.sleep(0.05)

    def drain(self) -> None:
        """Wait until every resident has intended all its reports and nothing waits in a spool."""
        deadline = time.monotonic() + DRAIN_DEADLINE_S
        while waiting := [name for name in self.names if not self._is_drained(name)]:
            assert time.monotonic() < deadline, f"not drained: {waiting[:3]}\n{self._log(waiting[0])}\n{self.kills}"
            self._wait(0.5)
        self._wait(2.0)  # what the last receipts still change in the books

    def _is_drained(self, name: str) -> bool:
        return self.intended(name) == self.reports_each and self.spooled(name) == 0

    # --- what the oracle knows, and what came of it

    def intended(self, name: str) -> int:
        return max((number for word, number in self._logged(name) if word == "intended"), default=0)

    def accepted(self, name: str) -> list[int]:
        return [number for word, number in self._logged(name) if word == "accepted"]

    def _logged(self, name: str) -> list[tuple[str, int]]:
        path = self._home(name) / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(line.split()[0], int(line.split()[1])) for line in lines]

    def spooled(self, name: str) -> int:
        waiting = Spool(spool_folder(self._home(name), name), 16 * 1024 * 1024, Clock(), checkpoints=False)
        try:
            return waiting.counters().spooled
        finally:
            waiting.close()

    def committed(self) -> dict[str, list[int]]:
        """The numbers of the committed reports, by device; a number that stands twice was doubled."""
        found: dict[str, list[int]] = {name: [] for name in self.names}
        query = select(device.c.name, report.c.body).join(device, device.c.id == report.c.device_id)
        with self.engine.connect() as connection:
            for name, body in connection.execute(query):
                mark = json.loads(body)["measurements"][0]["findings"]["agent_version"]
                found[name].append(int(mark[1:]))
        return found

    def books(self) -> dict[str, Books]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(spool)).all()
        totals: dict[str, Books] = {}
        for row in rows:
            row_books = Books(*(getattr(row, name) for name in Books._fields))
            before = totals.get(row.device, Books(0, 0, 0, 0, 0, 0))
            totals[row.device] = Books(*(a + b for a, b in zip(before, row_books, strict=True)))
        return totals


@pytest.fixture
def reflector() -> Iterator[int]:
    """The port of a STAMP reflector, so that ticks are answered at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.2)
        is_over = threading.Event()

        def reflect() -> None:
            while not is_over.is_set():
                with suppress(OSError, ValueError):
                    packet, sender = udp.recvfrom(2048)
                    at = time.time_ns() // 1000
                    udp.sendto(stamp.reflect(packet, 0, at, at), sender)

        thread = threading.Thread(target=reflect)
        thread.start()
        yield udp.getsockname()[1]
        is_over.set()
        thread.join()


@pytest.fixture
def make_lab(tmp_path: Path, free_port: Callable[[], int], reflector: int) -> Iterator[Callable[..., Lab]]:
    """A function (database URL, residents, reports each, interval, seed, mode) that founds and starts a laboratory.

    Its broker is nats-server, or by `broker` two edges of Mosquitto.
    """
    labs: list[Lab] = []

    def make(
        url: str,
        residents: int,
        reports_each: int,
        interval_s: float,
        seed: int,
        *mode: str,
        broker: str = "nats",
    ) -> Lab:
        home = tmp_path / "home"
        home.mkdir()
        ports = {"broker_port": free_port(), "broker_monitor_port": free_port(), "probe_udp_port": reflector}
        changed = {"broker": broker, "broker_edge_ports": (free_port(), free_port()), **ports}
        (home / "settings.json").write_text(json.dumps({"database_url": url, **changed}))
        settings = Settings(home=home, database_url=url, **changed)
        engine = open_engine(url)
        migrate(engine)
        lab = Lab(settings, engine, residents, reports_each, interval_s, random.Random(seed), mode)
        labs.append(lab)
        lab.found()
        lab.start()
        return lab

    yield make
    for lab in labs:
        lab.stop()
        lab.engine.dispose()
