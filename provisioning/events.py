"""Events and their sessions: made, changed, moved, listed, and the one meant when nobody names one."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, func, not_, select, update
from sqlalchemy.exc import IntegrityError

from contract.clock import HOUR_US
from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.names import read_name
from provisioning.store.engine import record_changes
from provisioning.store.tables import code as code_table
from provisioning.store.tables import deadline, event, participation, session, site, unit
from provisioning.units.load import is_in_force

MOST_BITRATE_MBPS = 1000
MOST_HOURS = 100  # a session's
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")  # it stands in addresses


def add_event(
    connection: Connection, code: str, name: str, units_as_of: str, bitrate_mbps: float, actor: str, now_us: int
) -> int:
    """Make an event; units_as_of: an ISO day. Raises ProvisioningError when it cannot be."""
    if connection.scalar(select(event.c.id).where(event.c.code == _read_code(code))) is not None:
        raise ProvisioningError(
            f"Đã có sự kiện {code}; hãy chọn mã khác.", f"Event {code} exists; choose another code."
        )
    values = {"code": code, **_described(name, units_as_of, bitrate_mbps)}
    event_id: int = connection.execute(event.insert().values(values).returning(event.c.id)).scalar_one()
    audit.append(connection, actor, "event added", code, values, now_us)
    record_changes(connection, [("event", event_id)])
    return event_id


def change_event(
    connection: Connection, code: str, name: str, units_as_of: str, bitrate_mbps: float, actor: str, now_us: int
) -> None:
    """Change an event; its sessions are judged anew, because needs follow the bitrate. Raises ProvisioningError."""
    found = find_event(connection, code)
    values = _described(name, units_as_of, bitrate_mbps)
    if all(getattr(found, column) == value for column, value in values.items()):
        return
    if values["units_as_of"] != found.units_as_of:
        _check_map(connection, found, values["units_as_of"])
    connection.execute(update(event).where(event.c.id == found.id).values(values))
    audit.append(connection, actor, "event changed", code, values, now_us)
    sessions = connection.scalars(select(session.c.id).where(session.c.event_id == found.id))
    record_changes(connection, [("event", found.id), *(("session", session_id) for session_id in sessions)])


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
    event_id = find_event(connection, event_code).id
    if connection.scalar(select(session.c.id).where(session.c.code == _read_code(code))) is not None:
        raise ProvisioningError(f"Đã có buổi {code}; hãy chọn mã khác.", f"Session {code} exists; choose another code.")
    _check_times(starts_at, ends_at)
    values = {"event_id": event_id, "code": code, "name": read_name(name), "starts_at": starts_at, "ends_at": ends_at}
    session_id: int = connection.execute(session.insert().values(values).returning(session.c.id)).scalar_one()
    audit.append(connection, actor, "session added", code, values, now_us)
    record_changes(connection, [("session", session_id)])
    return session_id


def change_session(
    connection: Connection, code: str, name: str, starts_at: int, ends_at: int, actor: str, now_us: int
) -> None:
    """Rename or move a session; raises ProvisioningError.

    Gates and deadlines are told from its start, so they move with it; enrolment codes that were valid until the last
    session's end stay so. Whatever holds moments of its own (a dry run's window) sees `moved_at`.
    """
    found = _find(connection, code)
    _check_times(starts_at, ends_at)
    values: dict[str, Any] = {"name": read_name(name), "starts_at": starts_at, "ends_at": ends_at}
    if all(getattr(found, column) == value for column, value in values.items()):
        return
    is_moved = (starts_at, ends_at) != (found.starts_at, found.ends_at)
    ended_at = _last_end(connection)
    moved = {"moved_at": now_us} if is_moved else {}
    connection.execute(update(session).where(session.c.id == found.id).values({**values, **moved}))
    _keep_codes(connection, ended_at)
    before = {"was": [found.starts_at, found.ends_at]} if is_moved else {}
    audit.append(connection, actor, "session moved" if is_moved else "session renamed", code, values | before, now_us)
    record_changes(connection, [("session", found.id)])


def remove_session(connection: Connection, code: str, actor: str, now_us: int) -> None:
    """Remove a session that nobody takes part in and nothing was planned for; raises ProvisioningError."""
    found = _find(connection, code)
    sites = connection.scalar(select(func.count()).where(participation.c.session_id == found.id))
    ended_at = _last_end(connection)
    try:
        if sites:
            raise _in_use(code)
        connection.execute(delete(session).where(session.c.id == found.id))
    except IntegrityError as error:
        raise _in_use(code) from error
    _keep_codes(connection, ended_at)
    audit.append(connection, actor, "session removed", code, {"name": found.name}, now_us)
    record_changes(connection, [("session", found.id)])


def remove_event(connection: Connection, code: str, actor: str, now_us: int) -> None:
    """Remove an event made by mistake, with its sessions and deadlines; raises ProvisioningError once one is in use."""
    found = find_event(connection, code)
    for row in list_sessions(connection, found.id):
        remove_session(connection, row.code, actor, now_us)
    connection.execute(delete(deadline).where(deadline.c.event_id == found.id))
    connection.execute(delete(event).where(event.c.id == found.id))
    audit.append(connection, actor, "event removed", code, {"name": found.name}, now_us)
    record_changes(connection, [("event", found.id)])


def list_events(connection: Connection) -> list[Row[Any]]:
    """Return the events, the latest made first."""
    return list(connection.execute(select(event).order_by(event.c.id.desc())))


def list_sessions(connection: Connection, event_id: int | None = None) -> list[Row[Any]]:
    """Return the sessions, of one event or of all, with their event's code, by start."""
    query = select(session, event.c.code.label("event_code")).join(event, event.c.id == session.c.event_id)
    if event_id is not None:
        query = query.where(event.c.id == event_id)
    return list(connection.execute(query.order_by(session.c.starts_at, session.c.id)))


def default_session(connection: Connection, now_us: int) -> int | None:
    """Return the id of the session that runs, else of the next one, else of the last; None when there is none."""
    sessions = list_sessions(connection)
    ahead = [row.id for row in sessions if row.ends_at > now_us]
    return ahead[0] if ahead else (sessions[-1].id if sessions else None)


def find_event(connection: Connection, code: str) -> Row[Any]:
    """Return the event with this code; raises ProvisioningError."""
    found = connection.execute(select(event).where(event.c.code == code)).one_or_none()
    if found is None:
        raise ProvisioningError(
            f"Chưa có sự kiện {code}. Tạo trước: diemcau-provision event add {code} --name …",
            f"There is no event {code}. Make it first: diemcau-provision event add {code} --name …",
        )
    return found


def find_session(connection: Connection, code: str | None, now_us: int) -> int:
    """Return the id of the session with this code, or of the default; raises ProvisioningError."""
    found = default_session(connection, now_us) if code is None else _session_id(connection, code)
    if found is None:
        raise ProvisioningError(
            f"Không có buổi {code or 'nào'}. Xem cách tạo: diemcau-provision session add --help",
            f"There is no session {code or ''}. How to make one: diemcau-provision session add --help",
        )
    return found


def _find(connection: Connection, code: str) -> Row[Any]:
    session_id = find_session(connection, code, 0)
    return connection.execute(select(session).where(session.c.id == session_id)).one()


def _session_id(connection: Connection, code: str) -> int | None:
    return connection.scalar(select(session.c.id).where(session.c.code == code))


def _last_end(connection: Connection) -> int:
    return connection.scalar(select(func.max(session.c.ends_at))) or 0


def _keep_codes(connection: Connection, ended_at: int) -> None:
    """Codes made to last until the last session's end go on doing so when that end moves."""
    ends_at = _last_end(connection)
    if ends_at not in (0, ended_at):
        connection.execute(update(code_table).where(code_table.c.ends_at == ended_at).values(ends_at=ends_at))


def _described(name: str, units_as_of: str, bitrate_mbps: float) -> dict[str, Any]:
    """Return the columns that describe an event; raises ProvisioningError."""
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
    return {"name": read_name(name), "units_as_of": day, "bitrate_mbps": bitrate_mbps}


def _check_map(connection: Connection, found: Row[Any], day: str) -> None:
    """Refuse a day on which a site of the event lies nowhere: no page could tell its province."""
    lost = connection.scalar(
        select(site.c.name)
        .join(participation, participation.c.site_id == site.c.id)
        .join(session, session.c.id == participation.c.session_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .where(session.c.event_id == found.id, not_(is_in_force(day)))
        .limit(1)
    )
    if lost is not None:
        raise ProvisioningError(
            f"Ngày {day} không có huyện hay tỉnh của {lost}: hãy giữ ngày {found.units_as_of} của danh sách.",
            f"On {day} there is no unit that {lost} lies in: keep {found.units_as_of}, the day of the list.",
        )


def _read_code(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise ProvisioningError(
            f'Mã "{code[:40]}" phải gồm chữ không dấu, số, gạch ngang, nhiều nhất 40 ký tự.',
            f'The code "{code[:40]}" must be letters without diacritics, digits, hyphens, at most 40.',
        )
    return code


def _check_times(starts_at: int, ends_at: int) -> None:
    if ends_at <= starts_at:
        raise ProvisioningError("Buổi phải kết thúc sau khi bắt đầu.", "A session must end after it starts.")
    if ends_at - starts_at > MOST_HOURS * HOUR_US:
        raise ProvisioningError(
            f"Một buổi dài nhất {MOST_HOURS} giờ; hãy xem lại ngày kết thúc.",
            f"A session lasts at most {MOST_HOURS} hours; look at the day it ends on.",
        )


def _in_use(code: str) -> ProvisioningError:
    return ProvisioningError(
        f"Buổi {code} đã có điểm cầu, tổng duyệt, biên bản hoặc xác nhận dung lượng nên không bỏ được; "
        "có thể đổi tên, đổi giờ.",
        f"Session {code} has sites, dry runs, statements or confirmed capacity, so it stays; "
        "it can be renamed and moved.",
    )
