"""The sessions, and which one is meant when none is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from collector.store.scope import Sight
from provisioning.store.tables import event, participation, session

_EARLIEST_FIRST = (
    select(session.c.id, session.c.name, event.c.name, session.c.starts_at, session.c.ends_at)
    .join(event, event.c.id == session.c.event_id)
    .order_by(session.c.starts_at, session.c.id)
)


class Session(NamedTuple):
    """A session and the event it belongs to; times in microseconds UTC."""

    id: int
    name: str
    event: str
    starts_at: int
    ends_at: int


def all_sessions(connection: Connection) -> list[Session]:
    """Return every session, earliest first."""
    return [Session(*row) for row in connection.execute(_EARLIEST_FIRST)]


def sessions_of(sight: Sight, site_id: int) -> list[Session]:
    """Return the sessions that a site takes part in, earliest first."""
    query = _EARLIEST_FIRST.join(participation, participation.c.session_id == session.c.id)
    query = query.where(participation.c.site_id == site_id, sight.site(participation.c.site_id))
    return [Session(*row) for row in sight.connection.execute(query)]


def choose(sessions: Sequence[Session], now: int, wanted: int | None = None) -> Session | None:
    """Return the wanted session; without a wish the current one, else the next, else the last; None: no such one."""
    if wanted is not None:
        return next((s for s in sessions if s.id == wanted), None)
    unfinished = (s for s in sessions if now <= s.ends_at)
    return next(unfinished, sessions[-1] if sessions else None)
