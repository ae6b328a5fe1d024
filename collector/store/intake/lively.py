"""Who is in live mode: devices of the sites that are seen, and where these would move, while a session goes on."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select, union

from collector.judge.gates import GATES
from provisioning.store.tables import backup, device, participation, session

_BEFORE_START_US = next(gate.before_start_us for gate in GATES if gate.name == "T-1h")
_AFTER_END_US = 86_400 * 1_000_000  # how long ended sessions are looked at, should nobody have said that they ended


class Lively(NamedTuple):
    """A device in live mode, and when that ends, in microseconds UTC."""

    device_id: int
    name: str
    ends_at: int


def devices(connection: Connection, now: int) -> list[Lively]:
    """Return the devices that are in live mode now, or have been within a day; spares are: they may be needed."""
    going = (session.c.starts_at - _BEFORE_START_US <= now, session.c.ends_at > now - _AFTER_END_US)
    sessions = select(session.c.id).where(*going)
    if connection.execute(sessions.limit(1)).first() is None:
        return []
    speaking = select(participation.c.site_id, participation.c.session_id)
    venues = select(backup.c.venue_id, participation.c.session_id).join(
        participation, participation.c.id == backup.c.participation_id
    )
    seen = union(
        *(
            places.where(participation.c.role == "interactive", participation.c.session_id.in_(sessions))
            for places in (speaking, venues)
        )
    ).subquery()
    rows = connection.execute(
        select(device.c.id, device.c.name, func.max(session.c.ends_at))
        .join(seen, seen.c.site_id == device.c.site_id)
        .join(session, session.c.id == seen.c.session_id)
        .where(device.c.state == "active")
        .group_by(device.c.id, device.c.name)
    )
    return [Lively._make(row) for row in rows]
