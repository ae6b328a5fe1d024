"""Announced power cuts, of units and all that lies in them or of single sites: nothing is tested there meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, delete, select, update

from contract.clock import DAY_US
from provisioning import audit, sheets
from provisioning.errors import ProvisioningError
from provisioning.names import read_note
from provisioning.store.engine import record_changes
from provisioning.store.tables import power_cut, site, unit
from provisioning.units.load import find_units

MOST_US = 7 * DAY_US  # one cut; a longer one is a slip of the month


class PowerCut(NamedTuple):
    """A power cut as announced, microseconds UTC: of a unit or of a site."""

    id: int
    starts_at: int
    ends_at: int
    note: str
    unit_id: int | None
    unit: str | None
    site_id: int | None
    site_code: str | None
    site: str | None


def add(
    connection: Connection,
    starts_at: int,
    ends_at: int,
    note: str,
    unit_codes: Iterable[str],
    site_codes: Iterable[str],
    actor: str,
    now_us: int,
) -> None:
    """Add a cut of each of these units and sites; raises ProvisioningError."""
    when = _when(starts_at, ends_at, note)
    places = [{"unit_id": unit_id, "site_id": None} for unit_id in find_units(connection, dict.fromkeys(unit_codes))]
    places += [{"unit_id": None, "site_id": sheets.find(connection, code).id} for code in dict.fromkeys(site_codes)]
    if not places:
        raise ProvisioningError("Hãy cho biết cắt điện ở đâu.", "Say where the power is cut.")
    changes = []
    for place in places:
        values = {**place, **when}
        cut_id = connection.execute(power_cut.insert().values(values).returning(power_cut.c.id)).scalar_one()
        audit.append(connection, actor, "power cut added", str(cut_id), values, now_us)
        changes.append(("power_cut", cut_id))
    record_changes(connection, changes)


def change(
    connection: Connection, cut_id: int, starts_at: int, ends_at: int, note: str, actor: str, now_us: int
) -> None:
    """Correct when a cut is, and its note; where it is stays. Raises ProvisioningError."""
    was, when = dict(find(connection, cut_id)), _when(starts_at, ends_at, note)
    if all(was[name] == value for name, value in when.items()):
        return
    connection.execute(update(power_cut).where(power_cut.c.id == cut_id).values(when))
    audit.append(connection, actor, "power cut changed", str(cut_id), {"was": was, **when}, now_us)
    record_changes(connection, [("power_cut", cut_id)])


def remove(connection: Connection, cut_id: int, actor: str, now_us: int) -> None:
    """Remove a cut that was called off or mistyped; raises ProvisioningError."""
    found = find(connection, cut_id)
    connection.execute(delete(power_cut).where(power_cut.c.id == cut_id))
    audit.append(connection, actor, "power cut removed", str(cut_id), dict(found), now_us)
    record_changes(connection, [("power_cut", cut_id)])


def find(connection: Connection, cut_id: int) -> RowMapping:
    """Return the columns of a cut; raises ProvisioningError."""
    found = connection.execute(select(power_cut).where(power_cut.c.id == cut_id)).mappings().one_or_none()
    if found is None:
        raise ProvisioningError(
            f"Không có lịch cắt điện số {cut_id}. Xem: diemcau-provision power-cuts list",
            f"There is no power cut {cut_id}. See: diemcau-provision power-cuts list",
        )
    return found


def list_power_cuts(connection: Connection, ending_after: int = 0) -> list[PowerCut]:
    """Return the cuts that end after a moment, by their start."""
    query = (
        select(
            *(power_cut.c.id, power_cut.c.starts_at, power_cut.c.ends_at, power_cut.c.note),
            *(power_cut.c.unit_id, unit.c.name, power_cut.c.site_id, site.c.code, site.c.name),
        )
        .outerjoin(unit, unit.c.id == power_cut.c.unit_id)
        .outerjoin(site, site.c.id == power_cut.c.site_id)
        .where(power_cut.c.ends_at > ending_after)
        .order_by(power_cut.c.starts_at, power_cut.c.id)
    )
    return [PowerCut(*row) for row in connection.execute(query)]


def _when(starts_at: int, ends_at: int, note: str) -> dict[str, Any]:
    """Return the columns that tell when a cut is, and its note; raises ProvisioningError."""
    if not starts_at < ends_at <= starts_at + MOST_US:
        raise ProvisioningError(
            "Cắt điện phải kết thúc sau khi bắt đầu, dài nhất 7 ngày.",
            "A power cut must end after it starts, and lasts at most 7 days.",
        )
    return {"starts_at": starts_at, "ends_at": ends_at, "note": read_note(note)}
