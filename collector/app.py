"""The wiring of ingest: database, brokers, queue and sweep, put together once for the command and for the tests."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from collector.dryrun.campaign import told_to_devices
from collector.intake.daily import Daily
from collector.intake.hourly import Hourly
from collector.intake.ingest import ingest
from collector.intake.sweep import sweep
from collector.link.connection import Connection
from collector.link.live import Live
from collector.link.outbox import Outbox, publish_plan
from collector.link.plan import probe_servers
from collector.link.uplink import Uplink
from collector.store import campaigns, counters, policies, pulse
from collector.store.intake import commands, lively
from contract import wire
from contract.clock import wall_us
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing

log = logging.getLogger(__name__)

MOST_IN_A_BATCH = 500
WAIT_S = 0.1
SWEEP_EVERY_S = 1.0
DATABASE_RETRY_S = 1.0
_SWITCH_S = 0.0005
LIVELY_EVERY_S = 5.0


class Ingest:
    """Takes in what brokers bring, and sweeps, in one thread: the one writer of standings and evidence."""

    def __init__(self, engine: Engine, settings: Settings, now_us: Callable[[], int] = wall_us) -> None:
        self._engine = engine
        self._now_us = now_us
        self._uplink = Uplink()
        password = (settings.folder("secrets") / "collector-password").read_text(encoding="ascii").strip()
        ca_file = str(settings.folder("ca") / "ca.pem")
        self._edges = [
            Connection(url, number, password, ca_file, self._uplink.put, self._greet)
            for number, url in enumerate(settings.brokers)
        ]
        self._outbox = Outbox(self._edges)
        self._live = Live(self._outbox)
        self._next_lively_s = 0.0
        with writing(engine) as connection:
            epoch = counters.add(connection, counters.EPOCH, 1)
            self._policy = policies.live(connection)
        self._plan = wire.Plan("default", epoch, epoch, probe_servers(settings))
        self._hourly = Hourly()
        self._daily = Daily(engine)
        self._is_sweep_finished = True
        self._lag_us = 0  # the longest since the last beat, from an arrival to its commit

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        for edge in self._edges:
            edge.start()
        next_sweep_s = 0.0
        while not stop.is_set():
            try:
                self._take_in()
                if time.monotonic() >= next_sweep_s or not self._is_sweep_finished:
                    self._sweep()
                    next_sweep_s = time.monotonic() + SWEEP_EVERY_S
            except OperationalError:  # nothing was acknowledged: agents send again
                log.exception("the database does not take the batch; trying again")
                stop.wait(DATABASE_RETRY_S)
        for edge in self._edges:
            edge.stop()
        with writing(self._engine) as connection:
            self._hourly.write_all(connection, self._now_us())

    def _take_in(self) -> None:
        arrivals = self._uplink.take(MOST_IN_A_BATCH, WAIT_S)
        if arrivals:
            self._outbox.acknowledge(ingest(self._engine, arrivals, self._policy, self._now_us(), self._hourly))
            self._lag_us = max(self._lag_us, wall_us() - arrivals[0].received_at)

    def _sweep(self) -> None:
        now = self._now_us()
        self._policy, self._is_sweep_finished = sweep(self._engine, self._policy, now, self._live.device_ids)
        discarded = self._uplink.discarded
        with writing(self._engine) as connection:
            due = commands.due(connection, now)
            dry_run = told_to_devices(campaigns.going_on(connection), now)
            pulse.beat(connection, pulse.INGEST, self._told(), now)
            self._hourly.write(connection, now)
            if discarded:
                counters.add(connection, counters.DISCARDED, discarded)
        self._uplink.settle(discarded)
        self._outbox.command(due)
        self._tell_plan(dry_run)
        self._daily.step(now)
        self._follow_sessions(now)

    def _follow_sessions(self, now: int) -> None:
        """Look now and then who is seen in a session that goes on."""
        if time.monotonic() >= self._next_lively_s:
            self._next_lively_s = time.monotonic() + LIVELY_EVERY_S
            with self._engine.connect() as connection:
                found = lively.devices(connection, now)
            self._live.follow(found, now)

    def _tell_plan(self, dry_run: wire.DryRun | None) -> None:
        """Leave another plan with every broker when a campaign begins, goes on, or is over."""
        if dry_run != self._plan.dry_run:
            self._plan = self._plan._replace(version=self._plan.version + 1, dry_run=dry_run)
            for edge in self._edges:
                publish_plan(edge, self._plan)

    def _told(self) -> dict[str, Any]:
        edges = [{"url": edge.url, "is_connected": edge.is_connected} for edge in self._edges]
        told = {"waiting": self._uplink.waiting, "lag_ms": self._lag_us // 1000, "edges": edges}
        self._lag_us = 0
        return told

    def _greet(self, edge: Connection) -> None:
        publish_plan(edge, self._plan)
        self._live.greet(edge, self._now_us())


def run_ingest(settings: Settings) -> None:
    """Run ingest in the foreground until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    intake = Ingest(open_engine(settings.database, checkpoints=True), settings)
    # The broker's threads give the interpreter away at each read, and wait so long to have it back from a busy ingest.
    # Tried once each beside other work: 3,300 messages read a second, 2,300 by Python's 5 ms; whole runs took alike.
    sys.setswitchinterval(_SWITCH_S)
    gc.freeze()  # what stands now stays: looking it over again and again cost a tenth of the processor time
    intake.run(stop)
