"""The books of spools, as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields

from sqlalchemy import Connection, select

from collector.intake.books import Books
from collector.store.tables import spool
from provisioning.store.rows import upsert

_COLUMNS = tuple(field.name for field in fields(Books))
_NUMBERED = spool.insert().returning(spool.c.id, sort_by_parameter_order=True)


def load(connection: Connection, devices: Collection[str]) -> dict[tuple[str, str], Books]:
    """Return the books of all spools of these devices, by device and spool id."""
    rows = connection.execute(select(*(spool.c[name] for name in _COLUMNS)).where(spool.c.device.in_(devices)))
    return {(books.device, books.spool_id): books for books in (Books(*row) for row in rows)}


def open_new(connection: Connection, opened: Collection[Books]) -> None:
    """Write spools seen for the first time, and give each of the books its id."""
    if not opened:
        return
    rows = [{name: value for name, value in vars(books).items() if name != "id"} for books in opened]
    ids = connection.execute(_NUMBERED, rows).scalars()
    for books, id_ in zip(opened, ids, strict=True):
        books.id = id_


def save(connection: Connection, changed: Iterable[Books]) -> None:
    """Write the counters of these books."""
    upsert(connection, spool, [vars(books) for books in changed], ["id"], keep=["device", "spool_id", "opened_at"])
