"""Who did what: rows that are only added, each carrying a hash over the row before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text

from provisioning.store.tables import audit

_AUDIT_LOCK = 7_130_002  # any number of ours: PostgreSQL's advisory lock, so that the chain never forks
_START = "0" * 64


class Chain(NamedTuple):
    """What the audit holds: how many rows, the last hash, and the id of the first row that is not as written."""

    rows: int
    head: str
    broken_at: int | None


def append(
    connection: Connection, actor: str, action: str, subject: str, detail: Mapping[str, Any], now_us: int
) -> None:
    """Add a row in this transaction; call it before `record_changes`, so that writers lock in one order."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _AUDIT_LOCK})
    previous = connection.scalar(select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)) or _START
    row = {
        "at": now_us,
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
    }
    connection.execute(audit.insert().values(**row, hash=_hash(previous, row)))


def verify(connection: Connection) -> Chain:
    """Follow the chain: an edited row, or one deleted from the middle, breaks it.

    Rows deleted from the end leave a whole, shorter chain: they show when its rows and head are compared with
    what was noted elsewhere before.
    """
    rows, head = 0, _START
    for row in connection.execute(select(audit).order_by(audit.c.id)).mappings():
        held = {name: row[name] for name in ("at", "actor", "action", "subject", "detail")}
        if row["hash"] != _hash(head, held):
            return Chain(rows, head, row["id"])
        rows, head = rows + 1, row["hash"]
    return Chain(rows, head, None)


def _hash(previous: str, row: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps([previous, row], sort_keys=True).encode()).hexdigest()
