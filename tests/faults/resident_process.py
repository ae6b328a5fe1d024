"""A real resident whose reports come from a list: it logs each one as intended before, and as accepted after.

python resident_process.py SETTINGS REPORTS INTERVAL_S LOG [naive]
"""

from __future__ import annotations

import json
import os
import signal
import sys
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

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())
        os.fsync(self._file)


class Source:
    """Stands where the round's child processes are: gives a report each interval until there are enough."""

    is_running = True

    def __init__(self, device: str, reports: int, interval_s: float, log: Log, clock: Clock) -> None:
        self._device = device
        self._reports = reports
        self._interval_s = interval_s
        self._log = log
        self._clock = clock
        self._next_s = clock.mono_s() + interval_s

    def start(self, request: Request) -> None:
        raise AssertionError("a round always seems to be under way")

    def stop(self) -> None:
        """There is no child to end."""

    def poll(self) -> Outcome | None:
        if self._log.intended >= self._reports or self._clock.mono_s() < self._next_s:
            return None
        self._next_s = self._clock.mono_s() + self._interval_s
        self._log.intended += 1
        self._log.write("intended", self._log.intended)
        return Outcome(Request(self._device, "schedule", (), "", None), self._body(self._log.intended), "")

    def _body(self, number: int) -> bytes:
        absent = {"why": "absent"}
        mark = {"kind": "software", "agent_version": f"n{number}", "python_version": "3"}
        findings = {**mark, "os_name": absent, "os_version": absent, "architecture": absent}
        started = self._clock.now()._asdict()
        measurement = {"probe": "software", "version": 1, "started": started, "duration_ms": 1, "findings": findings}
        report = {"v": 1, "device": self._device, "occasion": "schedule", "measurements": [measurement]}
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
    clock = Clock()
    log = Log(Path(log_file))
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
