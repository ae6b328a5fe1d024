"""What the registry holds of the sites of a session, in the shape that a roster has."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, select

from provisioning.roster.sites import Backup, Contact, Line, School, Site
from provisioning.store.tables import backup, contact, line, participation, provider, school, site, unit


class Held(NamedTuple):
    """A site of the registry: its id, its code, and what a roster would say of it."""

    site_id: int
    code: str
    site: Site


def read_sites(connection: Connection, session_id: int) -> dict[str, Held]:
    """Return the sites that came by a roster, by roster key; a site without part in the session has role ''."""
    schools: dict[int, list[School]] = defaultdict(list)
    for row in connection.execute(select(school).order_by(school.c.id)):
        schools[row.site_id].append(School(row.code, row.name, row.staff))
    contacts: dict[int, list[Contact]] = defaultdict(list)
    for row in connection.execute(select(contact).order_by(contact.c.id)):
        contacts[row.site_id].append(Contact(row.name, row.phone))
    part = and_(participation.c.site_id == site.c.id, participation.c.session_id == session_id)
    venue = site.alias("venue")
    query = (
        select(
            site,
            participation.c.role,
            participation.c.medium,
            participation.c.seats,
            participation.c.delivery,
            participation.c.speaking_order,
            backup.c.kind.label("backup_kind"),
            func.coalesce(venue.c.roster_key, venue.c.code, "").label("venue_key"),
            provider.c.code.label("provider_code"),
            provider.c.name.label("provider_name"),
            line.c.code.label("line_code"),
            line.c.download_mbps,
            line.c.upload_mbps,
            line.c.paid_by,
            line.c.kind,
            line.c.consented_mb,
        )
        .outerjoin(participation, part)
        .outerjoin(backup, backup.c.participation_id == participation.c.id)
        .outerjoin(venue, venue.c.id == backup.c.venue_id)
        .outerjoin(line, line.c.id == site.c.line_id)
        .outerjoin(provider, provider.c.id == line.c.provider_id)
        .where(site.c.roster_key.is_not(None))
        .order_by(site.c.id)
    )
    return {
        row.roster_key: Held(
            row.id, row.code, _site(row, tuple(schools.get(row.id, ())), tuple(contacts.get(row.id, ())))
        )
        for row in connection.execute(query)
    }


def _site(row: Any, schools: tuple[School, ...], contacts: tuple[Contact, ...]) -> Site:
    carried = None
    if row.line_id is not None:
        carried = Line(
            row.provider_code,
            row.provider_name,
            row.line_code,
            row.download_mbps,
            row.upload_mbps,
            row.paid_by,
            row.kind,
            row.consented_mb,
        )
    return Site(
        row.roster_key,
        row.name,
        row.unit_id,
        row.address,
        row.hours,
        row.role or "",
        row.medium or "",
        row.seats,
        carried,
        schools,
        contacts,
        row.is_hard_to_reach,
        row.delivery or "",
        row.speaking_order,
        None if row.backup_kind is None else Backup(row.venue_key),
    )


def read_places(connection: Connection) -> dict[int, tuple[str, str]]:
    """Return each unit's province and district by name; a province has no district."""
    rows = {row.id: row for row in connection.execute(select(unit))}
    return {
        row.id: (row.name, "") if row.parent_id is None else (rows[row.parent_id].name, row.name)
        for row in rows.values()
    }
