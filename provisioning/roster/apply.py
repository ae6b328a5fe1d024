"""Writes what a plan says into the registry, with audit and change rows, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from provisioning import audit, identifiers
from provisioning.roster.plan import Plan
from provisioning.roster.sites import Line, Site
from provisioning.store.engine import record_changes
from provisioning.store.folding import fold
from provisioning.store.rows import upsert
from provisioning.store.tables import backup, contact, line, participation, provider, school, site


def apply(connection: Connection, plan: Plan, session_id: int, actor: str, now_us: int) -> None:
    """Add and change sites, schools, lines, contacts and participations; an empty plan writes nothing at all."""
    if plan.is_empty:
        return
    moved = [entry for entry in plan.updates if entry.changes_place]
    written = [*plan.additions, *(entry.site for entry in moved)]
    line_ids = _write_lines(connection, [new.line for new in written if new.line is not None])
    _add_sites(connection, plan.additions, line_ids, now_us)
    _update_sites(connection, [(entry.held.site_id, entry.site) for entry in moved], line_ids)
    ids = _ids_by_key(connection)
    _write_schools(connection, written, ids)
    for entry in moved:
        _drop_what_left(connection, entry.held.site_id, entry.held.site, entry.site)
    _add_contacts(connection, written, ids)
    parts = [*plan.additions, *(entry.site for entry in plan.updates if entry.changes_part)]
    participation_ids = _write_parts(connection, parts, session_id, ids)
    before = {entry.site.key: entry.held.site.backup for entry in plan.updates}
    changed = [new for new in parts if new.backup != before.get(new.key)]
    _write_backups(connection, changed, participation_ids, ids)
    detail = {"session": session_id, "added": len(plan.additions), "updated": len(plan.updates)}
    audit.append(connection, actor, "roster imported", "roster", detail, now_us)
    changes = [("site", ids[new.key]) for new in written]
    record_changes(connection, changes + [("participation", participation_ids[ids[new.key]]) for new in parts])


def _write_lines(connection: Connection, lines: list[Line]) -> dict[tuple[str, str], int]:
    """Write providers and lines; returns every line's id by its provider's code and its own."""
    provider_ids = add_providers(connection, {carried.provider_code: carried.provider_name for carried in lines})
    rows = {
        (carried.provider_code, carried.code): {
            "provider_id": provider_ids[carried.provider_code],
            "code": carried.code,
            "download_mbps": carried.download_mbps,
            "upload_mbps": carried.upload_mbps,
            "paid_by": carried.paid_by,
            "kind": carried.kind,
            "consented_mb": carried.consented_mb,
        }
        for carried in lines
    }
    upsert(connection, line, list(rows.values()), ["provider_id", "code"])
    query = select(provider.c.code, line.c.code, line.c.id).join(provider, provider.c.id == line.c.provider_id)
    return {(provider_code, code): line_id for provider_code, code, line_id in connection.execute(query)}


def add_providers(connection: Connection, names: Mapping[str, str]) -> dict[str, int]:
    """Add the providers, code to name, that the registry does not know; returns the id of every provider by code."""
    known = set(connection.scalars(select(provider.c.code)))
    new = [{"code": code, "name": name} for code, name in names.items() if code not in known]
    if new:
        connection.execute(provider.insert(), new)
    return {row.code: row.id for row in connection.execute(select(provider.c.code, provider.c.id))}


def _add_sites(
    connection: Connection, sites: Iterable[Site], line_ids: dict[tuple[str, str], int], now_us: int
) -> None:
    taken = set(connection.scalars(select(site.c.code)))
    rows = []
    for new in sites:
        code = identifiers.new_site()
        while code in taken:
            code = identifiers.new_site()
        taken.add(code)
        rows.append({**_columns(new, line_ids), "code": code, "roster_key": new.key, "created_at": now_us})
    if rows:
        connection.execute(site.insert(), rows)


def _update_sites(connection: Connection, sites: list[tuple[int, Site]], line_ids: dict[tuple[str, str], int]) -> None:
    if sites:
        rows = [{**_columns(new, line_ids), "which": site_id} for site_id, new in sites]
        values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "which"}
        connection.execute(update(site).where(site.c.id == bindparam("which")).values(values), rows)


def _columns(new: Site, line_ids: dict[tuple[str, str], int]) -> dict[str, Any]:
    line_id = line_ids[new.line.provider_code, new.line.code] if new.line is not None else None
    name = {"name": new.name, "name_key": fold(new.name)}
    place = {**name, "unit_id": new.unit_id, "address": new.address, "hours": new.hours}
    place["is_hard_to_reach"] = new.is_hard_to_reach
    return {**place, "line_id": line_id}


def _ids_by_key(connection: Connection) -> dict[str, int]:
    query = select(site.c.roster_key, site.c.id).where(site.c.roster_key.is_not(None))
    return {key: site_id for key, site_id in connection.execute(query)}


def _write_schools(connection: Connection, sites: Iterable[Site], ids: dict[str, int]) -> None:
    rows = [{**listed._asdict(), "site_id": ids[new.key]} for new in sites for listed in new.schools]
    upsert(connection, school, rows, ["code"])


def _drop_what_left(connection: Connection, site_id: int, before: Site, now: Site) -> None:
    """Delete the schools that no longer meet at the site, unless they went to another; and its contacts, told anew."""
    codes = {listed.code for listed in before.schools} - {listed.code for listed in now.schools}
    connection.execute(delete(school).where(school.c.site_id == site_id, school.c.code.in_(codes)))
    connection.execute(delete(contact).where(contact.c.site_id == site_id))


def _add_contacts(connection: Connection, sites: Iterable[Site], ids: dict[str, int]) -> None:
    rows = [{**person._asdict(), "site_id": ids[new.key]} for new in sites for person in new.contacts]
    if rows:
        connection.execute(contact.insert(), rows)


def _write_parts(connection: Connection, sites: Iterable[Site], session_id: int, ids: dict[str, int]) -> dict[int, int]:
    """Write the sites' parts in the session; returns every participation's id by its site's."""
    rows = [
        {
            "session_id": session_id,
            "site_id": ids[new.key],
            "role": new.role,
            "medium": new.medium,
            "seats": new.seats,
            "delivery": new.delivery,
            "speaking_order": new.speaking_order,
        }
        for new in sites
    ]
    upsert(connection, participation, rows, ["session_id", "site_id"])
    query = select(participation.c.site_id, participation.c.id).where(participation.c.session_id == session_id)
    return {site_id: participation_id for site_id, participation_id in connection.execute(query)}


def _write_backups(
    connection: Connection, sites: Iterable[Site], participation_ids: dict[int, int], ids: dict[str, int]
) -> None:
    """Put what sites fall back on in the place of what they did; a venue may be known by its code alone."""
    sites = list(sites)
    parts = {new.key: participation_ids[ids[new.key]] for new in sites}
    gone = delete(backup).where(backup.c.participation_id == bindparam("part"))
    if parts:
        connection.execute(gone, [{"part": part} for part in parts.values()])
    venues = {code: site_id for code, site_id in connection.execute(select(site.c.code, site.c.id))} | ids
    rows = [
        {
            "participation_id": parts[new.key],
            "kind": "venue" if new.backup.venue else "device",
            "venue_id": venues[new.backup.venue] if new.backup.venue else None,
        }
        for new in sites
        if new.backup is not None
    ]
    if rows:
        connection.execute(backup.insert(), rows)
