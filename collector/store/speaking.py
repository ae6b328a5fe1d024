"""Who speaks now, as whoever leads a session has told."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from collector.dryrun.speakers import following
from provisioning import audit
from provisioning.store.engine import record_changes
from provisioning.store.tables import participation, session


def move(connection: Connection, session_id: int, step: int, by: str, now_us: int) -> None:
    """Let the next speak (step 1), or the one before after all (-1); raises LookupError without such a session."""
    found = connection.execute(select(session.c.code, session.c.speaking).where(session.c.id == session_id)).first()
    if found is None:
        raise LookupError(f"no session {session_id}")
    orders = select(participation.c.speaking_order).where(participation.c.speaking_order.is_not(None))
    taken = connection.scalars(orders.where(participation.c.session_id == session_id)).all()
    speaking = following([order for order in taken if order is not None], found.speaking, step=step)
    connection.execute(update(session).where(session.c.id == session_id).values(speaking=speaking))
    audit.append(connection, by, "speaking", found.code, {"from": found.speaking, "to": speaking}, now_us)
    record_changes(connection, [("speaking", session_id)])
