"""What interactive sites fall back on: a spare device, perhaps on another line, or another venue."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from provisioning import audit, sheets
from provisioning.errors import ProvisioningError
from provisioning.names import read_note
from provisioning.parts import find_interactive
from provisioning.store.engine import record_changes
from provisioning.store.rows import upsert
from provisioning.store.tables import backup, device, line, participation, provider, session, site

DEVICE, VENUE = KINDS = ("device", "venue")


class Backup(NamedTuple):
    """A site's backup in a session, by codes; of kind device without a name: any spare device of the site."""

    site_code: str
    site: str
    kind: str
    device: str | None
    venue_code: str | None
    venue: str | None
    line: str | None
    note: str


def set_spare(
    connection: Connection,
    session_code: str,
    site_code: str,
    device_name: str | None,
    line_code: str | None,
    note: str,
    actor: str,
    now_us: int,
) -> None:
    """Let a site fall back on a spare device of its own, on the line of this code if told; raises ProvisioningError."""
    part = find_interactive(connection, session_code, site_code)
    values: dict[str, Any] = {"kind": DEVICE, "device_id": None, "venue_id": None, "line_id": None}
    if device_name:
        values["device_id"] = _spare(connection, part.site_id, device_name)
    if line_code:
        values["line_id"] = _line(connection, line_code)
    _write(connection, part.id, {**values, "note": read_note(note)}, f"{session_code} {part.site_code}", actor, now_us)


def keep_spare(connection: Connection, session_code: str, site_code: str, note: str, actor: str, now_us: int) -> None:
    """Let a site fall back on the spare, and its line, that were named, else on any; raises ProvisioningError."""
    part = find_interactive(connection, session_code, site_code)
    named = select(backup.c.device_id, backup.c.line_id).where(backup.c.participation_id == part.id)
    held = connection.execute(named).mappings().one_or_none() or {"device_id": None, "line_id": None}
    values = {"kind": DEVICE, "venue_id": None, **held, "note": read_note(note)}
    _write(connection, part.id, values, f"{session_code} {part.site_code}", actor, now_us)


def set_venue(
    connection: Connection, session_code: str, site_code: str, venue_code: str, note: str, actor: str, now_us: int
) -> None:
    """Let the people of a site go to another venue; raises ProvisioningError."""
    part, venue = find_interactive(connection, session_code, site_code), sheets.find(connection, venue_code)
    if venue.id == part.site_id:
        raise ProvisioningError("Nơi dự phòng phải là điểm cầu khác.", "The venue to move to must be another site.")
    values = {"kind": VENUE, "device_id": None, "venue_id": venue.id, "line_id": None, "note": read_note(note)}
    _write(connection, part.id, values, f"{session_code} {part.site_code}", actor, now_us)


def remove(connection: Connection, session_code: str, site_code: str, actor: str, now_us: int) -> None:
    """Take a site's backup back; raises ProvisioningError."""
    part = find_interactive(connection, session_code, site_code)
    if connection.execute(delete(backup).where(backup.c.participation_id == part.id)).rowcount == 0:
        raise ProvisioningError(
            f"{part.site_code} chưa có phương án dự phòng.", f"{part.site_code} has no backup to remove."
        )
    audit.append(connection, actor, "backup removed", f"{session_code} {part.site_code}", {}, now_us)
    record_changes(connection, [("participation", part.id)])


def list_backups(connection: Connection, session_id: int) -> list[Backup]:
    """Return the backups of a session's sites, in the order in which the sites entered the registry."""
    venue = site.alias("venue")
    query = (
        select(
            *(site.c.code, site.c.name, backup.c.kind, device.c.name),
            *(venue.c.code, venue.c.name, line.c.code, backup.c.note),
        )
        .select_from(backup)
        .join(participation, participation.c.id == backup.c.participation_id)
        .join(session, session.c.id == participation.c.session_id)
        .join(site, site.c.id == participation.c.site_id)
        .outerjoin(device, device.c.id == backup.c.device_id)
        .outerjoin(venue, venue.c.id == backup.c.venue_id)
        .outerjoin(line, line.c.id == backup.c.line_id)
        .where(session.c.id == session_id)
        .order_by(site.c.id)
    )
    return [Backup(*row) for row in connection.execute(query)]


def _write(
    connection: Connection, participation_id: int, values: dict[str, Any], subject: str, actor: str, now_us: int
) -> None:
    upsert(connection, backup, [{"participation_id": participation_id, **values}], ["participation_id"])
    audit.append(connection, actor, "backup set", subject, values, now_us)
    record_changes(connection, [("participation", participation_id)])


def _spare(connection: Connection, site_id: int, name: str) -> int:
    """Return the id of a site's spare device; raises ProvisioningError."""
    usable = (device.c.site_id == site_id, device.c.is_spare, device.c.state != "revoked")
    found: int | None = connection.scalar(select(device.c.id).where(device.c.name == name, *usable))
    if found is None:
        raise ProvisioningError(
            f"{name} không phải thiết bị dự phòng của điểm cầu này. Xem: diemcau-provision devices list",
            f"{name} is no spare device of this site. See: diemcau-provision devices list",
        )
    return found


def _line(connection: Connection, code: str) -> int:
    """Return the id of a line by its code, alone or after its provider's: vnpt/FTTH-1; raises ProvisioningError."""
    carrier, _, own = code.rpartition("/")
    query = select(line.c.id).join(provider, provider.c.id == line.c.provider_id).where(line.c.code == own)
    found: list[int] = list(connection.scalars(query.where(provider.c.code == carrier) if carrier else query))
    if len(found) != 1:
        raise ProvisioningError(
            f"Không có đúng một đường truyền {code}; hãy ghi cả nhà mạng: vnpt/MÃ.",
            f"There is not exactly one line {code}; name its provider too: vnpt/CODE.",
        )
    return found[0]
