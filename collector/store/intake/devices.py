"""Devices as ingest must know them: whose site they are at, whether they are active, and their presence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from collector.store.tables import presence
from provisioning.store.rows import upsert
from provisioning.store.tables import device, site


class Device(NamedTuple):
    """A device of the registry, with the line its site is on and its connection as last known (0: never)."""

    id: int
    name: str
    site_id: int
    state: str
    line_id: int | None
    connection: int
    presence: str | None
    since_at: int
    heard_at: int
    snapshot: str | None
    slept_s: int


def load(connection: Connection, names: Collection[str]) -> dict[str, Device]:
    """Return the devices of these names; a name the registry does not know is absent."""
    rows = connection.execute(
        select(
            device.c.id,
            device.c.name,
            device.c.site_id,
            device.c.state,
            site.c.line_id,
            func.coalesce(presence.c.connection, 0),
            presence.c.state,
            func.coalesce(presence.c.since_at, 0),
            func.coalesce(presence.c.heard_at, 0),
            presence.c.snapshot,
            func.coalesce(presence.c.slept_s, 0),
        )
        .join(site, site.c.id == device.c.site_id)
        .outerjoin(presence, presence.c.device_id == device.c.id)
        .where(device.c.name.in_(names))
    )
    return {found.name: found for found in map(Device._make, rows)}


def save_presence(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write presence rows: device_id, connection, state, since_at, heard_at, snapshot, slept_s."""
    upsert(connection, presence, rows, ["device_id"])


def silent_among(connection: Connection, device_ids: Collection[int], before: int) -> list[tuple[int, int, str | None]]:
    """Return (device id, site id, latest snapshot) of those of some devices that `silent` would return."""
    rows = connection.execute(
        select(presence.c.device_id, device.c.site_id, presence.c.snapshot)
        .join(device, device.c.id == presence.c.device_id)
        .where(presence.c.device_id.in_(device_ids), presence.c.state == "connected", presence.c.heard_at < before)
    )
    return [(row.device_id, row.site_id, row.snapshot) for row in rows]


def silent(connection: Connection, before: int, most: int) -> list[tuple[int, int]]:
    """Return (device id, site id) of devices that count as connected and were last heard before a time."""
    rows = connection.execute(
        select(presence.c.device_id, device.c.site_id)
        .join(device, device.c.id == presence.c.device_id)
        .where(presence.c.state == "connected", presence.c.heard_at < before)
        .limit(most)
    )
    return [(row.device_id, row.site_id) for row in rows]


def mark_lost(connection: Connection, device_ids: Collection[int], now: int) -> None:
    """Say of these devices that they are lost since now."""
    update = presence.update().where(presence.c.device_id.in_(device_ids))
    connection.execute(update.values(state="lost", since_at=now))
