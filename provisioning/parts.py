"""A site's part in a session, found by codes as people type them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from provisioning import sheets
from provisioning.errors import ProvisioningError
from provisioning.events import find_session
from provisioning.store.tables import participation, site


class Part(NamedTuple):
    """A site in a session."""

    id: int  # of the participation
    site_id: int
    site_code: str


def find_interactive(connection: Connection, session_code: str, site_code: str) -> Part:
    """Return the part of a site that speaks and is seen in a session; raises ProvisioningError."""
    session_id = find_session(connection, session_code, 0)
    found = sheets.find(connection, site_code)
    row = connection.execute(
        select(participation.c.id, participation.c.role).where(
            participation.c.session_id == session_id, participation.c.site_id == found.id
        )
    ).one_or_none()
    if row is None or row.role != "interactive":
        raise ProvisioningError(
            f"{found.name} ({found.code}) không phải điểm cầu tương tác của buổi {session_code}.",
            f"{found.name} ({found.code}) is no interactive site of session {session_code}.",
        )
    return Part(row.id, found.id, found.code)


def list_interactive(connection: Connection, session_id: int) -> list[tuple[str, str]]:
    """Return code and name of the sites that speak and are seen in a session, in the order in which they entered."""
    query = (
        select(site.c.code, site.c.name)
        .join(participation, participation.c.site_id == site.c.id)
        .where(participation.c.session_id == session_id, participation.c.role == "interactive")
        .order_by(site.c.id)
    )
    return [(code, name) for code, name in connection.execute(query)]
