"""A centre as `diemcau-collector run` starts it, and simulated devices over MQTT that test lines at full size."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from sqlalchemy import Engine, func, select

from collector.demo.country import furnish
from collector.demo.model_event import VENUES
from collector.dryrun.campaign import Campaign
from collector.intake.sweep import has_judged_all
from collector.parts import parts, python
from collector.store import campaigns
from collector.store.tables import campaign_site
from laboratory.ports import free_port
from provisioning.settings import Settings, load
from provisioning.store.engine import open_engine

Tell = Callable[[str], None]

_PORTS = ("web_port", "enrolment_port", "broker_port", "broker_monitor_port", "probe_http_port", "probe_udp_port")
_UP_S, _ALL_S, _END_S = 120.0, 240.0, 60.0
_PATIENCE_S = 600.0
KILLED = {"broker": "nats-server", "ingest": "ingest", "probe-server": "probe-server"}  # word of their command lines


class Kill(NamedTuple):
    """A part that is killed once this share of the sites is done; the supervisor starts it again."""

    part: str
    done: float


class WholeCentre:
    """Everything on this machine, in a folder."""

    def __init__(self, home: Path, size: int, tell: Tell) -> None:
        home.mkdir(mode=0o700, parents=True)
        told = {"is_broker_plain": True, **{name: free_port() for name in _PORTS}}
        (home / "settings.json").write_text(json.dumps(told))
        self.environ = {"DIEMCAU_HOME": str(home), "PATH": "/usr/bin:/bin", "DIEMCAU_LANG": "en"}
        self.settings: Settings = load(self.environ)
        self.sites = furnish(self.settings, size, VENUES, tell, time.time_ns() // 1000).sites
        self.engine: Engine = open_engine(self.settings.database)
        self.told = home / "tests.jsonl"  # by laboratory/dry_run/moving_devices.py
        self.told.touch()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the centre, and yield once all its parts answer and every site was judged."""
        self._centre = self._start("run", python("collector.cli", "run"))
        try:
            for part in parts(self.settings):
                _until(part.is_up or (lambda: True), _UP_S, part.name)
            _until(self._is_judged, _UP_S, "judgement")
            yield
        finally:
            self._centre.terminate()
            self._centre.wait(_END_S)

    @contextmanager
    def devices(self) -> Iterator[None]:
        """Run the devices, and yield once all have reported."""
        folder = self.settings.home / "simulated"
        program = Path(__file__).parent / "moving_devices.py"
        self._devices = self._start("simulate", (sys.executable, str(program), str(self.told), str(folder)))
        try:
            _until(
                lambda: (one := self.progress()).get("reported", 0) >= one.get("devices", 1), _ALL_S, "first reports"
            )
            yield
        finally:
            self.end_devices()

    def end_devices(self) -> None:
        """Have the devices leave once all that they sent is acknowledged."""
        if self._devices.poll() is None:
            self._devices.terminate()
            self._devices.wait(_END_S)

    def progress(self) -> dict[str, Any]:
        """Return what the devices last told of themselves."""
        file = self.settings.home / "simulated" / "progress.json"
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def kill(self, part: str) -> None:
        """End a part of the centre with SIGKILL."""
        word = KILLED[part]
        found = [one for one in psutil.Process(self._centre.pid).children() if word in " ".join(one.cmdline())]
        found[0].kill()

    def dryrun(self, *arguments: str) -> str:
        """Run `diemcau-collector dryrun ...` and return what it printed."""
        command = python("collector.cli", "dryrun", *arguments)
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"dryrun {' '.join(arguments[:2])}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def find(self, campaign_id: int) -> Campaign:
        """Return a campaign as it stands."""
        with self.engine.connect() as connection:
            found = campaigns.find(connection, campaign_id)
        assert found is not None
        return found

    def open_ones(self, campaign_id: int) -> int:
        """Return how many sites of a campaign have no outcome yet."""
        is_open = (campaign_site.c.campaign_id == campaign_id) & campaign_site.c.outcome.is_(None)
        with self.engine.connect() as connection:
            return int(connection.scalar(select(func.count()).where(is_open)) or 0)

    def tests(self) -> Counter[str]:
        """Return what became of the tests so far, by outcome."""
        return Counter(json.loads(line)["outcome"] for line in self.told.read_text().splitlines())

    def _start(self, name: str, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with (self.settings.folder("log") / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=self.environ)

    def _is_judged(self) -> bool:
        with self.engine.connect() as connection:
            return has_judged_all(connection, time.time_ns() // 1000)


class Went(NamedTuple):
    """How a campaign went: as it stands at its end, how long until the last result, what was killed."""

    campaign: Campaign
    took_s: float
    killed: list[str]
    stop_asked_us: int


def conduct(
    centre: WholeCentre,
    name: str,
    tell: Tell,
    *,
    chosen: Sequence[str] = (),
    kills: Sequence[Kill] = (),
    stop_after_s: float | None = None,
) -> Went:
    """Make and start a campaign, wait until nobody has anything left to do, and stop it."""
    made = int(centre.dryrun("create", "--name", name, "--any-hour", *chosen).splitlines()[0])
    centre.dryrun("start", str(made))
    began_s, waiting, killed = time.monotonic(), list(kills), []
    found = centre.find(made)
    unreachable = sum(found.prediction.left.get(reason, 0) for reason in ("not_enrolled", "off"))
    while (open_ones := centre.open_ones(made)) > unreachable and time.monotonic() - began_s < _PATIENCE_S:
        if stop_after_s is not None and time.monotonic() - began_s >= stop_after_s:
            break
        if waiting and 1 - open_ones / found.prediction.sites >= waiting[0].done:
            killed.append(waiting.pop(0).part)
            centre.kill(killed[-1])
            tell(f"   {killed[-1]} killed at {open_ones} open")
        time.sleep(0.25)
    stop_asked_us = time.time_ns() // 1000
    tell(f"   {name}: {open_ones} open after {time.monotonic() - began_s:.0f} s, {dict(centre.tests())}")
    if open_ones:  # else it ends by itself
        centre.dryrun("stop", str(made))
    _until(lambda: centre.find(made).ended_at is not None, _END_S, "end of the dry run")
    return Went(centre.find(made), _last_result_s(centre, centre.find(made)), killed, stop_asked_us)


def _last_result_s(centre: WholeCentre, found: Campaign) -> float:
    """Return how long after the start the last result came that is one."""
    is_result = (campaign_site.c.campaign_id == found.id) & (campaign_site.c.outcome != "not_done")
    with centre.engine.connect() as connection:
        last = connection.scalar(select(func.max(campaign_site.c.ended_at)).where(is_result))
    return ((last or found.began_at) - found.began_at) / 1e6


def _until(holds: Callable[[], bool], within_s: float, what: str) -> None:
    deadline_s = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"no {what} within {within_s:g} s")
        time.sleep(0.2)
