"""The change rows, as the pages follow them."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from provisioning.store.tables import change

_BATCH = 5000  # a reader that has fallen further behind catches up at its next look


def last_id(connection: Connection) -> int:
    """Return the id of the latest change; 0 when there was none."""
    return connection.scalar(select(func.max(change.c.id))) or 0


def after(connection: Connection, change_id: int) -> tuple[int, dict[str, list[int]]]:
    """Return the id to go on from, and what changed since `change_id`: kind to keys, each once."""
    query = select(change.c.id, change.c.kind, change.c.key).where(change.c.id > change_id)
    rows = connection.execute(query.order_by(change.c.id).limit(_BATCH)).all()
    kinds: dict[str, dict[int, None]] = {}
    for _, kind, key in rows:
        kinds.setdefault(kind, {})[key] = None
    return (rows[-1].id if rows else change_id), {kind: list(keys) for kind, keys in kinds.items()}
