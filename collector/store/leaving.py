"""Takes sites out of a session: merged into others, called off, or listed by mistake."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Table, delete, or_, select

from collector.store.tables import flag, flag_change, standing
from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.store.engine import record_changes
from provisioning.store.tables import backup, participation, site

_OF_A_PART: tuple[Table, ...] = (standing, flag, flag_change, backup)


def leave(connection: Connection, session_id: int, told: Collection[str], actor: str, now_us: int) -> int:
    """Take these sites, told by their codes or the roster's keys, out of a session, and return how many there are.

    What was measured there stays; what was judged of their part goes with it. A roster that has them brings them back.
    Raises ProvisioningError, and takes none out, when one of them takes no part.
    """
    rows = connection.execute(
        select(participation.c.id, participation.c.role, site.c.id.label("site_id"), site.c.code, site.c.roster_key)
        .join(site, site.c.id == participation.c.site_id)
        .where(participation.c.session_id == session_id, or_(site.c.code.in_(told), site.c.roster_key.in_(told)))
        .with_for_update(of=participation)  # whoever judges one of them meanwhile has ended, or begins anew
    ).all()
    unknown = ", ".join(sorted({*told} - {row.code for row in rows} - {row.roster_key for row in rows}))
    if unknown:
        raise ProvisioningError(
            f"Không có trong buổi: {unknown}. Mã ở cột đầu của: diemcau-provision roster export",
            f"Not in the session: {unknown}. Codes are in the first column of: diemcau-provision roster export",
        )
    ids = [row.id for row in rows]
    for table in _OF_A_PART:
        connection.execute(delete(table).where(table.c.participation_id.in_(ids)))
    connection.execute(delete(participation).where(participation.c.id.in_(ids)))
    changes = []
    for row in rows:
        audit.append(connection, actor, "left session", row.code, {"session": session_id, "role": row.role}, now_us)
        changes += [("participation", row.id), ("site", row.site_id)]
    record_changes(connection, changes)
    return len(rows)
