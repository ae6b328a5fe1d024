"""Live mode that somebody asks for: of one session, until a moment, at an hour that is not the session's."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from collector.store.intake import lively
from contract.clock import HOUR_US
from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.store.engine import record_changes
from provisioning.store.tables import session

MOST_US = 12 * HOUR_US  # our own choice: a day of rehearsing; a longer one is a slip, or forgotten


def turn_on(connection: Connection, session_id: int, until: int, by: str, now: int) -> None:
    """Have a session in live mode until a moment; raises ProvisioningError, LookupError without such a session."""
    if not now < until <= now + MOST_US:
        raise ProvisioningError(
            "Giờ tắt phải sau lúc này, nhiều nhất 12 giờ nữa.", "It must end after now, in at most 12 hours."
        )
    _set(connection, session_id, until, by, now)


def turn_off(connection: Connection, session_id: int, by: str, now: int) -> None:
    """End live mode that somebody asked for, if so; what the clock brings stays."""
    if is_asked_for(connection, session_id, now):
        _set(connection, session_id, now, by, now)


def lasts_until(connection: Connection, session_id: int, now: int) -> int | None:
    """Return until when a session is in live mode; None: it is not."""
    query = select(session.c.starts_at, session.c.ends_at, session.c.lively_until).where(session.c.id == session_id)
    ends_at = lively.until(*connection.execute(query).one(), now)
    return ends_at if ends_at > now else None


def is_asked_for(connection: Connection, session_id: int, now: int) -> bool:
    """Tell whether somebody has asked for live mode, and may end it."""
    asked_until = connection.scalar(select(session.c.lively_until).where(session.c.id == session_id))
    return asked_until is not None and asked_until > now


def _set(connection: Connection, session_id: int, until: int, by: str, now: int) -> None:
    found = connection.execute(select(session.c.code, session.c.lively_until).where(session.c.id == session_id)).first()
    if found is None:
        raise LookupError(f"no session {session_id}")
    connection.execute(update(session).where(session.c.id == session_id).values(lively_until=until))
    audit.append(connection, by, "live mode", found.code, {"from": found.lively_until, "until": until}, now)
    record_changes(connection, [("speaking", session_id)])
