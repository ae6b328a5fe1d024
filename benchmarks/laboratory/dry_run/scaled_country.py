"""The model event's country with needs and caps scaled: database, web and probe server of a centre without a broker."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, select, update

from collector.demo.country import BITRATE_MBPS, furnish
from collector.demo.model_event import VENUES
from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.intake.sweep import has_judged_all, sweep
from collector.judge.policy import SEED, Policy
from collector.parts import answers, python
from collector.store import policies
from collector.store.queries.presences import COUNTS
from collector.store.tables import presence
from contract import wire
from laboratory.country_devices import Known, known
from laboratory.ports import free_port
from provisioning.settings import Settings, load
from provisioning.store.engine import open_engine, writing
from provisioning.store.tables import device, event

Tell = Callable[[str], None]

_OFF = 0.01  # of the sites: their machines are never switched on
_HOUR_US = 3_600_000_000
_AT_ONCE = 400
_UP_S = 60.0
_SCALED = re.compile(r"^((?:down|up)load_mbps = \{ at_least = )([\d.]+)(, minimum = )([\d.]+)( \}.*)$", re.MULTILINE)


class Site(NamedTuple):
    """A site by its device, as the sites' process and ingest must know it; permit_key: of the device."""

    known: Known
    permit_key: str
    is_off: bool


class Country:
    """A centre's home with everything in it, and the parts of it that run."""

    def __init__(self, home: Path, mbps: dict[str, int]) -> None:
        """mbps: the caps, by their settings."""
        ports = ("web_port", "probe_http_port", "probe_udp_port", "broker_port", "broker_monitor_port")
        home.mkdir(mode=0o700, parents=True)
        told = {**mbps, **{name: free_port() for name in (*ports, "enrolment_port")}}
        (home / "settings.json").write_text(json.dumps(told))
        self.environ = {"DIEMCAU_HOME": str(home), "PATH": "/usr/bin:/bin", "DIEMCAU_LANG": "en"}
        self.settings: Settings = load(self.environ)
        self.leases = home / "log" / "leases.jsonl"  # by laboratory/dry_run/audited_probe_server.py
        self.sites: list[Site] = []

    def furnish(self, size: int, scale: float, tell: Tell) -> None:
        """Fill the database: the model event, its devices, needs scaled, everybody present who is to be."""
        now = time.time_ns() // 1000
        furnish(self.settings, size, VENUES, tell, now)
        self.engine: Engine = open_engine(self.settings.database, checkpoints=True)
        with writing(self.engine) as connection:
            connection.execute(update(event).values(bitrate_mbps=BITRATE_MBPS * scale))
            self.policy: Policy = policies.load(
                connection, scaled(SEED.read_text(encoding="utf-8"), scale), "bench", now
            )
        self.sites = self._sites()
        tell(f"   {len(self.sites)} devices")
        self._connect(now)
        self._judge_all()
        tell("   all judged")

    def _sites(self) -> list[Site]:
        lines = (self.settings.home / "simulated" / "devices.jsonl").read_text(encoding="utf-8").splitlines()
        keys = {told["device"]: told["permit_key"] for told in map(json.loads, lines)}
        with self.engine.connect() as connection:
            counting = set(
                connection.scalars(
                    select(device.c.name).outerjoin(presence, presence.c.device_id == device.c.id).where(COUNTS)
                )
            )
            devices = [one for one in known(connection) if one.name in counting]
        chance = random.Random(1)
        return [Site(one, keys[one.name], chance.random() < _OFF) for one in devices]

    def _connect(self, now: int) -> None:
        """Tell ingest who is there; heard for hours to come, as nobody ticks where there is no broker."""
        ahead, word = now + 6 * _HOUR_US, wire.encode(wire.Presence(1, "connected"))
        arrivals = [
            Arrival(wire.topic_for(site.known.name, "presence"), word, ahead) for site in self.sites if not site.is_off
        ]
        for first in range(0, len(arrivals), _AT_ONCE):
            ingest(self.engine, arrivals[first : first + _AT_ONCE], self.policy, now)

    def _judge_all(self) -> None:
        is_over = False
        while not is_over:
            now = time.time_ns() // 1000
            sweep(self.engine, self.policy, now)
            with self.engine.connect() as connection:
                is_over = has_judged_all(connection, now)

    # --- what runs

    @contextmanager
    def web(self) -> Iterator[Running]:
        """Run `diemcau-collector web`."""
        url = f"http://127.0.0.1:{self.settings.web_port}/healthz"
        with Running("web", python("collector.cli", "web"), url, self).kept() as running:
            yield running

    @contextmanager
    def probe_server(self) -> Iterator[Running]:
        """Run `diemcau-collector probe-server`, listened to by the auditor."""
        url = f"http://127.0.0.1:{self.settings.probe_http_port}/healthz"
        program = Path(__file__).parent / "audited_probe_server.py"
        self.settings.folder("log")
        with Running("probe-server", (sys.executable, str(program), str(self.leases)), url, self).kept() as running:
            yield running

    def dryrun(self, *arguments: str) -> str:
        """Run `diemcau-collector dryrun ...` and return what it printed."""
        command = python("collector.cli", "dryrun", *arguments)
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"dryrun {' '.join(arguments[:2])}: {done.stdout}{done.stderr}")
        return done.stdout.strip()


class Running:
    """A part of the centre that may be killed and started again."""

    def __init__(self, name: str, command: tuple[str, ...], url: str, country: Country) -> None:
        self._command, self._url, self._country = command, url, country
        self._log = country.settings.folder("log") / f"{name}.log"
        self.name = name

    @contextmanager
    def kept(self) -> Iterator[Running]:
        self.start()
        try:
            yield self
        finally:
            self._child.terminate()
            self._child.wait(_UP_S)

    @property
    def pid(self) -> int:
        return self._child.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._country.environ)
        deadline_s = time.monotonic() + _UP_S
        while not answers(self._url):
            if self._child.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"{self.name} does not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._child.kill()
        self._child.wait()


def scaled(policy: str, scale: float) -> str:
    """Return a policy whose line needs are scaled; those that count in bitrates are scaled by the event's."""

    def smaller(found: re.Match[str]) -> str:
        before, ready, between, minimum, after = found.groups()
        if "bitrate" in after:
            return found.group()
        return f"{before}{float(ready) * scale:g}{between}{float(minimum) * scale:g}{after}"

    return _SCALED.sub(smaller, policy)
