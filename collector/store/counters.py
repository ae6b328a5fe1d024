"""Named numbers: the collector's epoch, the sweep's mark, messages discarded or forgotten."""

from __future__ import annotations

from sqlalchemy import Connection, select

from collector.store.tables import counter
from provisioning.store.rows import upsert

EPOCH = "epoch"  # grows each time ingest starts
SWEPT = "sweep_change_id"  # the last change row that a sweep has seen
DISCARDED = "discarded"  # messages that came while the queue was full
FORGOTTEN = "unattributed_forgotten"  # unattributed messages that were kept once and are not any more
LINE_TESTS_STOPPED = "line_tests_stopped"  # 1: probe servers grant nothing and break off what runs


def value(connection: Connection, name: str) -> int:
    """Return a counter, 0 when it was never set."""
    return connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar() or 0


def put(connection: Connection, name: str, number: int) -> None:
    """Set a counter."""
    upsert(connection, counter, [{"name": name, "value": number}], ["name"])


def add(connection: Connection, name: str, number: int) -> int:
    """Add to a counter inside a writing transaction and return its new value."""
    total = value(connection, name) + number
    put(connection, name, total)
    return total
