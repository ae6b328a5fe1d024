"""Opens the database, SQLite or PostgreSQL, and writes transactions in a way that both keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

from provisioning.store.folding import fold
from provisioning.store.rows import insert
from provisioning.store.tables import change

_CHANGE_LOCK = 7_130_001  # any number of ours: PostgreSQL's advisory lock for writers of change rows


def open_engine(url: str, *, checkpoints: bool = False) -> Engine:
    """Open the database at `url` (sqlite:///… or postgresql+psycopg://…).

    Whoever reads sees one moment, however many queries it takes: SQLite does so by itself, PostgreSQL when asked.
    On SQLite only the collector's ingest passes `checkpoints=True`: SQLite before 3.51.3 can corrupt its
    write-ahead log when two connections checkpoint at once (sqlite.org/wal.html, section "the WAL-reset bug").
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, isolation_level="REPEATABLE READ")
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; _begin below does
        connection.create_function("folded", 1, lambda text: text and fold(text), deterministic=True)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA wal_autocheckpoint={1000 if checkpoints else 0}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that writes: it never fails half-way because of another.

    On SQLite it takes the write lock at once; on PostgreSQL each statement sees what others have committed by then.
    """
    options = {"isolation_level": "READ COMMITTED"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(writes=True, **options) as connection, connection.begin():
        yield connection


def record_changes(connection: Connection, rows: Iterable[tuple[str, int]]) -> None:
    """Write change rows (kind, key) as the last act of a transaction.

    On PostgreSQL ids of parallel transactions could commit out of order, and a reader would pass over the later
    one; so writers take a lock that holds until their commit.
    """
    unique = list(dict.fromkeys(rows))
    if not unique:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHANGE_LOCK})
    insert(connection, change, [{"kind": kind, "key": key} for kind, key in unique])
