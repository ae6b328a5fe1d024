"""Takes away what is too old to be kept, in transactions so short that ingest hardly waits for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, func, select, tuple_

from collector.store.tables import report, rollup
from contract.clock import DAY_US
from provisioning.store.engine import writing
from provisioning.store.tables import change

MOST_AT_ONCE = 1_000  # rows in a transaction
KEPT_CHANGES = 500_000  # an hour of a busy country; who follows them is seconds behind


class Pruned(NamedTuple):
    """How many rows of a table have gone so far."""

    table: str
    rows: int


def prune(engine: Engine, now: int, report_days: int, history_days: int) -> Iterator[Pruned]:
    """Delete reports and roll-ups older than so many days, and change rows read long ago; tell after each transaction.

    What was found by a report, its verdicts and the books stay: only its body goes.
    """
    steps: tuple[tuple[str, Callable[[Connection, int], int], int], ...] = (
        (report.name, _delete_reports, report_days),
        (rollup.name, _delete_rollups, history_days),
        (change.name, _delete_changes, 0),
    )
    for table, delete_some, days in steps:
        gone = 0
        while True:
            with writing(engine) as connection:
                count = delete_some(connection, now - days * DAY_US)
            gone += count
            yield Pruned(table, gone)
            if count == 0:
                break


def _delete_reports(connection: Connection, before: int) -> int:
    oldest = select(report.c.id).where(report.c.received_at < before).order_by(report.c.received_at).limit(MOST_AT_ONCE)
    return connection.execute(delete(report).where(report.c.id.in_(oldest))).rowcount


def _delete_rollups(connection: Connection, before: int) -> int:
    """Delete from the oldest hour on, in the order of the key."""
    key = (rollup.c.hour_at, rollup.c.device_id, rollup.c.metric)
    oldest = select(*key).where(rollup.c.hour_at < before).order_by(*key).limit(MOST_AT_ONCE)
    return connection.execute(delete(rollup).where(tuple_(*key).in_(oldest))).rowcount


def _delete_changes(connection: Connection, _: int) -> int:
    newest = connection.scalar(select(func.max(change.c.id))) or 0
    oldest = select(change.c.id).where(change.c.id <= newest - KEPT_CHANGES).order_by(change.c.id).limit(MOST_AT_ONCE)
    return connection.execute(delete(change).where(change.c.id.in_(oldest))).rowcount
