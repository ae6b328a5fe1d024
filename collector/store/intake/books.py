"""The books of spools, as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, select

from collector.intake.books import Books
from collector.store.tables import spool


def load(connection: Connection, devices: Collection[str]) -> dict[tuple[str, str], Books]:
    """Return the books of all spools of these devices, by device and spool id."""
    rows = connection.execute(select(spool).where(spool.c.device.in_(devices)))
    return {(row.device, row.spool_id): Books(**row._mapping) for row in rows}


def open_new(connection: Connection, books: Books) -> None:
    """Write a spool seen for the first time, and give the books its id."""
    values = {name: value for name, value in vars(books).items() if name != "id"}
    books.id = connection.execute(spool.insert().values(values).returning(spool.c.id)).scalar_one()


def save(connection: Connection, changed: Iterable[Books]) -> None:
    """Write the counters of these books."""
    rows = [{f"b_{name}": value for name, value in vars(books).items()} for books in changed]
    if rows:
        names = [c.name for c in spool.c if c.name not in ("id", "device", "spool_id", "opened_at")]
        update = spool.update().where(spool.c.id == bindparam("b_id"))
        connection.execute(update.values({name: bindparam(f"b_{name}") for name in names}), rows)
