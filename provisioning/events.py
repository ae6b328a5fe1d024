"""Events and their sessions: made, listed, and the one meant when nobody names one."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.store.engine import record_changes
from provisioning.store.tables import event, session

MOST_BITRATE_MBPS = 1000


def add_event(
    connection: Connection, code: str, name: str, units_as_of: str, bitrate_mbps: float, actor: str, now_us: int
) -> int:
    """Make an event; units_as_of: an ISO day. Raises ProvisioningError when it cannot be."""
    try:
        day = date.fromisoformat(units_as_of).isoformat()
    except ValueError as error:
        raise ProvisioningError(
            f"{units_as_of} không phải một ngày; hãy viết như 2023-08-15.",
            f"{units_as_of} is no day; write it like 2023-08-15.",
        ) from error
    if not 0 < bitrate_mbps <= MOST_BITRATE_MBPS:
        raise ProvisioningError(
            f"Tốc độ luồng hình phải trên 0 và không quá {MOST_BITRATE_MBPS} Mbit/s.",
            f"The stream's rate must be above 0 and at most {MOST_BITRATE_MBPS} Mbit/s.",
        )
    if connection.scalar(select(event.c.id).where(event.c.code == code)) is not None:
        raise ProvisioningError(
            f"Đã có sự kiện {code}; hãy chọn mã khác.", f"Event {code} exists; choose another code."
        )
    values = {"code": code, "name": name, "units_as_of": day, "bitrate_mbps": bitrate_mbps}
    event_id: int = connection.execute(event.insert().values(values).returning(event.c.id)).scalar_one()
    audit.append(connection, actor, "event added", code, values, now_us)
    return event_id


def add_session(
    connection: Connection,
    event_code: str,
    code: str,
    name: str,
    starts_at: int,
    ends_at: int,
    actor: str,
    now_us: int,
) -> int:
    """Make a session of an event; raises ProvisioningError when it cannot be."""
    event_id = connection.scalar(select(event.c.id).where(event.c.code == event_code))
    if event_id is None:
        raise ProvisioningError(
            f"Chưa có sự kiện {event_code}. Tạo trước: diemcau-provision event add {event_code} --name …",
            f"There is no event {event_code}. Make it first: diemcau-provision event add {event_code} --name …",
        )
    if connection.scalar(select(session.c.id).where(session.c.code == code)) is not None:
        raise ProvisioningError(f"Đã có buổi {code}; hãy chọn mã khác.", f"Session {code} exists; choose another code.")
    if ends_at <= starts_at:
        raise ProvisioningError("Buổi phải kết thúc sau khi bắt đầu.", "A session must end after it starts.")
    values = {"event_id": event_id, "code": code, "name": name, "starts_at": starts_at, "ends_at": ends_at}
    session_id: int = connection.execute(session.insert().values(values).returning(session.c.id)).scalar_one()
    audit.append(connection, actor, "session added", code, values, now_us)
    record_changes(connection, [("session", session_id)])
    return session_id


def list_sessions(connection: Connection) -> list[Row[Any]]:
    """Return the sessions with their event's code, by start."""
    query = select(session, event.c.code.label("event_code")).join(event, event.c.id == session.c.event_id)
    return list(connection.execute(query.order_by(session.c.starts_at, session.c.id)))


def default_session(connection: Connection, now_us: int) -> int | None:
    """Return the id of the session that runs, else of the next one, else of the last; None when there is none."""
    sessions = list_sessions(connection)
    ahead = [row.id for row in sessions if row.ends_at > now_us]
    return ahead[0] if ahead else (sessions[-1].id if sessions else None)


def find_session(connection: Connection, code: str | None, now_us: int) -> int:
    """Return the id of the session with this code, or of the default; raises ProvisioningError."""
    if code is None:
        found = default_session(connection, now_us)
    else:
        found = connection.scalar(select(session.c.id).where(session.c.code == code))
    if found is None:
        raise ProvisioningError(
            f"Không có buổi {code or 'nào'}. Xem cách tạo: diemcau-provision session add --help",
            f"There is no session {code or ''}. How to make one: diemcau-provision session add --help",
        )
    return found
