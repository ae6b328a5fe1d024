"""Deadlines: a province's own time for what is due at a gate, as long before the start as it was agreed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from contract.clock import DAY_US
from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.events import find_event
from provisioning.gates import DUE_GATES
from provisioning.store.engine import record_changes
from provisioning.store.rows import upsert
from provisioning.store.tables import deadline, unit
from provisioning.units.load import PROVINCE

MOST_BEFORE_US = 90 * DAY_US
_BEFORE_US = {gate.name: gate.before_start_us for gate in DUE_GATES}


class Deadline(NamedTuple):
    """A province's own deadline for a gate."""

    unit_id: int
    unit_code: str
    unit: str
    gate: str
    before_start_us: int


def set_deadline(
    connection: Connection, event_code: str, unit_code: str, gate: str, before_start_us: int, actor: str, now_us: int
) -> None:
    """Give a province a time of its own, before the start of each session of an event; raises ProvisioningError."""
    event_id, unit_id = find_event(connection, event_code).id, find_province(connection, unit_code)
    _check_gate(gate)
    if not 0 < before_start_us <= MOST_BEFORE_US:
        raise ProvisioningError(
            "Hạn phải trước giờ bắt đầu, nhiều nhất 90 ngày.", "A deadline lies before the start, at most 90 days."
        )
    row = {"event_id": event_id, "unit_id": unit_id, "gate": gate, "before_start_us": before_start_us}
    upsert(connection, deadline, [row], ["event_id", "unit_id", "gate"])
    audit.append(connection, actor, "deadline set", f"{event_code} {unit_code} {gate}", row, now_us)
    record_changes(connection, [("deadline", event_id)])


def clear_deadline(connection: Connection, event_code: str, unit_code: str, gate: str, actor: str, now_us: int) -> None:
    """Take a province's own time back, so that the gate's counts again; raises ProvisioningError."""
    event_id, unit_id = find_event(connection, event_code).id, find_province(connection, unit_code)
    held = (deadline.c.event_id == event_id, deadline.c.unit_id == unit_id, deadline.c.gate == gate)
    if connection.execute(delete(deadline).where(*held)).rowcount == 0:
        raise ProvisioningError(
            f"Đơn vị {unit_code} không có hạn riêng cho mốc {gate}.",
            f"{unit_code} has no deadline of its own at {gate}.",
        )
    audit.append(connection, actor, "deadline cleared", f"{event_code} {unit_code} {gate}", {}, now_us)
    record_changes(connection, [("deadline", event_id)])


def list_deadlines(connection: Connection, event_id: int) -> list[Deadline]:
    """Return the provinces' own deadlines of an event, by province, the earliest gate first."""
    query = (
        select(deadline.c.unit_id, unit.c.code, unit.c.name, deadline.c.gate, deadline.c.before_start_us)
        .join(unit, unit.c.id == deadline.c.unit_id)
        .where(deadline.c.event_id == event_id)
    )
    found = (Deadline(*row) for row in connection.execute(query))
    return sorted(found, key=lambda one: (one.unit_code, -_BEFORE_US.get(one.gate, 0)))


def find_province(connection: Connection, code: str) -> int:
    """Return the id of the province with this code, the one in force last; raises ProvisioningError."""
    found: int | None = connection.scalar(
        select(unit.c.id).where(unit.c.code == code, unit.c.level == PROVINCE).order_by(unit.c.valid_from.desc())
    )
    if found is None:
        raise ProvisioningError(
            f"Không có tỉnh {code}. Xem: diemcau-provision units list",
            f"There is no province {code}. See: diemcau-provision units list",
        )
    return found


def _check_gate(gate: str) -> None:
    if gate not in _BEFORE_US:
        names = ", ".join(_BEFORE_US)
        raise ProvisioningError(f"Mốc phải là một trong: {names}.", f"The gate must be one of: {names}.")
