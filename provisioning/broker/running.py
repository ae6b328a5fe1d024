"""The brokers that run on this machine: found, asked which configuration they run, and made to read a new one."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

_DEADLINE_S = 60
_FIRST_WAIT_S, _MOST_WAIT_S = 0.02, 0.5  # between two looks: a country's reload takes seconds, and a look costs a login


class BrokerError(RuntimeError):
    """A broker did not take the configuration into use."""


class Server(NamedTuple):
    """A broker's process: its program's name, where it writes its id, and whether it runs a version (None: silent)."""

    program: str
    pid_file: Path
    runs: Callable[[str], bool | None]


def pid_of(server: Server) -> int | None:
    """Return the process id of the running broker, or None; a stale file that names another program is no sign."""
    try:
        pid = int(server.pid_file.read_text(encoding="ascii"))
        return pid if psutil.Process(pid).name() == server.program else None
    except (OSError, ValueError, psutil.Error):
        return None


def take_into_use(servers: Sequence[Server], version: str) -> None:
    """Make all that run read their files, and wait until each runs this version; raises BrokerError.

    One that does not answer yet is not signalled: SIGHUP ends a program that has not set up its signals.
    """
    deadline = time.monotonic() + _DEADLINE_S
    signalled: set[int] = set()
    waiting, wait_s = list(servers), _FIRST_WAIT_S
    while waiting:
        for server in tuple(waiting):
            pid = pid_of(server)
            state = server.runs(version) if pid is not None else True  # whoever starts later reads the files then
            if state:
                waiting.remove(server)
            elif state is False and pid is not None and pid not in signalled:
                signalled.add(pid)
                _hang_up(pid)
        if waiting and time.monotonic() > deadline:
            names = ", ".join(str(server.pid_file) for server in waiting)
            raise BrokerError(f"not running the new configuration within {_DEADLINE_S} s: {names}")
        if waiting:
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, _MOST_WAIT_S)


def nats_version(monitor_port: int) -> str | None:
    """Return the version of the configuration that nats-server runs, or None when it does not answer."""
    monitor = http.client.HTTPConnection("127.0.0.1", monitor_port, timeout=5)
    try:
        monitor.request("GET", "/varz")
        tags = json.load(monitor.getresponse()).get("tags") or [""]
        return str(tags[0])
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        monitor.close()


def _hang_up(pid: int) -> None:
    with suppress(ProcessLookupError):  # it has ended; the next one reads the files when it starts
        os.kill(pid, signal.SIGHUP)
