"""What VNPT confirms that it carries into a province for a session: a person's word, since no probe can prove it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, select

from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.names import read_name, read_note
from provisioning.store.engine import record_changes
from provisioning.store.rows import upsert
from provisioning.store.tables import capacity, unit

MOST_MBPS = 10_000_000.0  # 10 Tbit/s: more is a slip of the hand
_KEY = ("session_id", "unit_id", "medium", "delivery")


class Subject(NamedTuple):
    """What a confirmation is about: how the event comes to the sites of a province in a session."""

    session_id: int
    unit_id: int  # a province
    medium: str  # mytv, pc, room
    delivery: str  # unicast, multicast


def confirm(
    connection: Connection, subject: Subject, mbps: float, by_whom: str, note: str, actor: str, now_us: int
) -> None:
    """Note that somebody at VNPT has confirmed so much, in place of what was confirmed before.

    Raises ProvisioningError when the amount is none or nobody is named.
    """
    if not 0 < mbps <= MOST_MBPS:
        raise ProvisioningError(
            f"Dung lượng phải là số Mbit/s lớn hơn 0 và không quá {MOST_MBPS:,.0f}.".replace(",", "."),
            f"The capacity must be a number of Mbit/s above 0 and at most {MOST_MBPS:,.0f}.",
        )
    by_whom, note = read_name(by_whom, "Tên người xác nhận ở VNPT", "Who at VNPT confirms it"), read_note(note)
    told = {"confirmed_mbps": mbps, "confirmed_by": by_whom, "confirmed_at": now_us, "note": note}
    upsert(connection, capacity, [{**subject._asdict(), **told}], list(_KEY))
    detail = {**subject._asdict(), "mbps": mbps, "by": by_whom, "note": note}
    audit.append(connection, actor, "confirm capacity", str(subject.unit_id), detail, now_us)
    record_changes(connection, [("capacity", subject.unit_id)])


def withdraw(connection: Connection, subject: Subject, actor: str, now_us: int) -> bool:
    """Take a confirmation back; return whether there was one."""
    where = [capacity.c[name] == value for name, value in subject._asdict().items()]
    was = connection.execute(select(capacity).where(*where)).mappings().one_or_none()
    if was is None:
        return False
    connection.execute(delete(capacity).where(*where))
    audit.append(connection, actor, "withdraw capacity", str(subject.unit_id), dict(was), now_us)
    record_changes(connection, [("capacity", subject.unit_id)])
    return True


def list_confirmed(connection: Connection, session_id: int) -> list[Row[Any]]:
    """Return what has been confirmed for a session with its `province`, by the provinces' codes."""
    query = select(unit.c.name.label("province"), capacity).join(unit, unit.c.id == capacity.c.unit_id)
    return list(connection.execute(query.where(capacity.c.session_id == session_id).order_by(unit.c.code)))
