"""What ingest puts aside: reports in quarantine and unattributed messages. All are counted; what is kept is bounded."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from collector.intake.arrival import Arrival
from collector.store import counters
from collector.store.tables import quarantine, unattributed
from provisioning.store.rows import insert, upsert

MOST_KEPT_BYTES = 16 * 1024  # of one body
MOST_BODIES = 1000  # of one device: whoever sends nonsense for days must not fill the disk
MOST_UNATTRIBUTED = 2000  # messages, whoever sent them


def insert_quarantined(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert reports that were settled without being used."""
    insert(connection, quarantine, rows)


def empty_old_bodies(connection: Connection, device: str, added: int) -> None:
    """Keep the newest MOST_BODIES bodies of a device, after so many rows of it were added; the rows stay."""
    newest_first = select(quarantine.c.id).where(quarantine.c.device == device).order_by(quarantine.c.id.desc())
    outgrown = newest_first.offset(MOST_BODIES).limit(added).subquery()
    connection.execute(update(quarantine).where(quarantine.c.id.in_(select(outgrown.c.id))).values(body=None))


def unattributed_row(arrival: Arrival, reason: str) -> dict[str, Any]:
    """Return the row of a message that nobody can be held to."""
    digest = hashlib.sha256(arrival.topic.encode() + b"\0" + arrival.payload).hexdigest()
    return {
        "topic": ascii(arrival.topic[:200])[1:-1],  # PostgreSQL keeps no NUL
        "sha256": digest,
        "reason": reason,
        "times": 0,
        "first_at": arrival.received_at,
        "last_at": arrival.received_at,
        "payload": arrival.payload[:MOST_KEPT_BYTES],
    }


def keep_unattributed(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Keep each such message once, and count how often it came."""
    if not rows:
        return
    times = Counter(row["sha256"] for row in rows)
    unique = {row["sha256"]: row for row in rows}
    upsert(connection, unattributed, list(unique.values()), ["sha256"], keep=["times", "first_at", "payload"])
    count = update(unattributed).where(unattributed.c.sha256 == bindparam("digest"))
    connection.execute(
        count.values(times=unattributed.c.times + bindparam("more")),
        [{"digest": digest, "more": more} for digest, more in times.items()],
    )
    _forget_old_unattributed(connection)


def _forget_old_unattributed(connection: Connection) -> None:
    newest_first = select(unattributed.c.id, unattributed.c.times).order_by(
        unattributed.c.last_at.desc(), unattributed.c.id.desc()
    )
    outgrown = connection.execute(newest_first.offset(MOST_UNATTRIBUTED)).all()
    if outgrown:
        connection.execute(delete(unattributed).where(unattributed.c.id.in_([row.id for row in outgrown])))
        counters.add(connection, counters.FORGOTTEN, sum(row.times for row in outgrown))
