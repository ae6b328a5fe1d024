"""Who is in live mode: devices of the sites that are seen, and where these would move, while a session goes on.

A session is in live mode from T-1h to its end, and for as long as somebody has asked for it (docs/adr/0036).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select, union

from collector.judge.gates import is_live
from contract.clock import DAY_US
from provisioning.store.tables import backup, device, participation, session

_AFTER_END_US = DAY_US  # how long ended sessions are looked at, should nobody have said that they ended


class Lively(NamedTuple):
    """A device in live mode, and when that ends, in microseconds UTC."""

    device_id: int
    name: str
    ends_at: int


def until(starts_at: int, ends_at: int, asked_until: int | None, now: int) -> int:
    """Return until when a session is in live mode, or was; 0: it has not been yet."""
    by_clock = ends_at if is_live(starts_at, now) else 0
    return max(by_clock, asked_until or 0)


def devices(connection: Connection, now: int) -> list[Lively]:
    """Return the devices that are in live mode now, or have been within a day; spares are: they may be needed."""
    by_clock = and_(is_live(session.c.starts_at, now), session.c.ends_at > now - _AFTER_END_US)
    sessions = select(session.c.id).where(or_(by_clock, session.c.lively_until > now - _AFTER_END_US))
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
        select(device.c.id, device.c.name, session.c.starts_at, session.c.ends_at, session.c.lively_until)
        .join(seen, seen.c.site_id == device.c.site_id)
        .join(session, session.c.id == seen.c.session_id)
        .where(device.c.state == "active")
        .order_by(device.c.id)
    )
    found: dict[int, Lively] = {}
    for device_id, name, starts_at, session_ends_at, asked_until in rows:
        ends_at = until(starts_at, session_ends_at, asked_until, now)
        if device_id not in found or found[device_id].ends_at < ends_at:
            found[device_id] = Lively(device_id, name, ends_at)
    return list(found.values())
