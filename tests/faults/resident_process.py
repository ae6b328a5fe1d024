"""A real resident whose reports come from a list: it logs each one as intended before, and as accepted after.

python resident_process.py SETTINGS REPORTS INTERVAL_S LOG [naive | hourly | hourly reboots]
naive: takes the broker's PUBACK for a receipt; hourly: by its clocks an hour passes with each report; reboots: each
start is a new boot
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from agent import resident
from agent.backoff import Backoff
from agent.child import Outcome, Request
from agent.connection import Connection
from agent.settings import load
from contract import wire
from contract.clock import Clock


class Log:
    """The oracle's memory: each line is on disk before the next step is taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.intended = 0
        if path.exists():  # after a kill: what was intended last may have been accepted or not, and is not tried again
            words = [line.split() for line in path.read_text().splitlines()]
            self.intended = max((int(word[1]) for word in words if word[0] == "intended"), default=0)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def boots(self) -> int:
        """Note that this is a new boot, and return how many there were."""
        self.write("boot", 0)
        return self.path.read_text().count("boot")

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())
        os.fsync(self._file)


class HourlyClock(Clock):
    """The machine's clocks, on which an hour more has passed with each report: days in seconds, through restarts."""

    _booted_s = 0.0

    def __init__(self, log: Log, boots: int) -> None:
        super().__init__(f"b0070000-0000-4000-8000-{boots:012}")
        self._log = log
        if boots:
            self._booted_s = self.mono_s()

    def mono_s(self) -> float:
        return super().mono_s() + 3600.0 * self._log.intended - self._booted_s

    def wall_us(self) -> int:
        return super().wall_us() + 3_600_000_000 * self._log.intended


class Source:
    """Stands where the round's child processes are: gives a report each interval until there are enough."""

    is_running = True

    def __init__(self, device: str, reports: int, interval_s: float, log: Log, clock: Clock) -> None:
        self._device = device
        self._reports = reports
        self._interval_s = interval_s
        self._log = log
        self._clock = clock
        self._next_s = time.monotonic() + interval_s

    def start(self, request: Request) -> None:
        raise AssertionError("a round always seems to be under way")

    def stop(self) -> None:
        """There is no child to end."""

    def poll(self) -> Outcome | None:
        if self._log.intended >= self._reports or time.monotonic() < self._next_s:
            return None
        self._next_s = time.monotonic() + self._interval_s
        self._log.intended += 1
        self._log.write("intended", self._log.intended)
        return Outcome(Request(self._device, "schedule", (), "", None), self._body(self._log.intended), "")

    def _body(self, number: int) -> bytes:
        absent = {"why": "absent"}
        mark = {"kind": "software", "agent_version": f"n{number}", "python_version": "3"}
        findings = {**mark, "os_name": absent, "os_version": absent, "architecture": absent}
        started = self._clock.now()._asdict()
        measurement = {"probe": "software", "version": 1, "started": started, "duration_ms": 1, "findings": findings}
        measurements = [measurement]
        if isinstance(self._clock, HourlyClock):  # a fact of its own for each report, so that each keeps its age
            failed = {"failure": {"code": "error", "text": "as in this test"}}
            measurements.append({"probe": f"n{number}", "version": 1, "started": started, "duration_ms": 1, **failed})
        report = {"v": 1, "device": self._device, "occasion": "schedule", "measurements": measurements}
        return json.dumps(report).encode()


class NaiveConnection(Connection):
    """The control: takes the broker's PUBACK for a receipt."""

    forget: Any = None

    def publish(self, kind: str, payload: bytes, qos: int) -> None:
        if kind != "report" or self._client is None or not self.is_open:
            return super().publish(kind, payload, qos)
        told = self._client.publish(wire.topic_for(self.place.device, kind), payload, qos)
        self._on_their_way[told.mid] = wire.decode_report(payload)[0]
        return None

    def _fresh_client(self, url: str) -> Any:
        client = super()._fresh_client(url)
        self._on_their_way: dict[int, wire.Frame] = {}
        client.on_publish = self._acknowledged
        return client

    def _acknowledged(self, _client: Any, _userdata: Any, mid: int, _reason: Any, _properties: Any) -> None:
        frame = self._on_their_way.pop(mid, None)
        if frame is not None:
            self.forget(frame.spool_id, frame.seq)


def main(settings_file: str, reports: str, interval_s: str, log_file: str, *mode: str) -> None:
    settings = load(Path(settings_file))
    log = Log(Path(log_file))
    clock = HourlyClock(log, log.boots() if "reboots" in mode else 0) if "hourly" in mode else Clock()
    if mode == ("naive",):
        resident.Connection = NaiveConnection  # type: ignore[misc]
    resident._IDLE_S = resident._ALERT_S = interval = float(
        interval_s
    )  # so that the loop looks at its source of reports in time
    source = Source(settings.device, int(reports), interval, log, clock)
    agent = resident.build(settings, clock, rounds=source, backoff=Backoff(first_s=0.3, most_s=3.0))  # type: ignore[arg-type]
    if isinstance(agent.connection, NaiveConnection):
        agent.connection.forget = agent.spool.acknowledge
    append = agent.spool.append

    def logged(body: bytes) -> int:
        seq = append(body)
        log.write("accepted", log.intended, seq)
        return seq

    agent.spool.append = logged  # type: ignore[method-assign]
    signal.signal(signal.SIGTERM, lambda *_: agent.stop())
    agent.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
