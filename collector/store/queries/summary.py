"""The figures of one session and the books of the country, as the API tells them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from collector.store.queries.books import Balance, balance, count_unattributed
from collector.store.queries.standings import count_levels, count_owners
from collector.store.tables import evidence
from provisioning.store.tables import device, participation


class Summary(NamedTuple):
    """A session in numbers; `levels` sum to `sites`."""

    sites: int
    devices: int
    sites_reported: int
    levels: dict[str, int]
    flags: dict[str, int]
    balance: Balance
    unattributed: int


def summarise(connection: Connection, session_id: int) -> Summary:
    """Return the figures of a session; devices are the active ones of its sites."""
    sites = select(participation.c.site_id).where(participation.c.session_id == session_id)
    devices = select(func.count()).where(device.c.site_id.in_(sites), device.c.state == "active")
    reported = select(func.count(evidence.c.site_id.distinct())).where(evidence.c.site_id.in_(sites))
    levels = count_levels(connection, session_id)
    return Summary(
        sites=sum(levels.values()),
        devices=connection.scalar(devices) or 0,
        sites_reported=connection.scalar(reported) or 0,
        levels=levels,
        flags=count_owners(connection, session_id, of="flags"),
        balance=balance(connection),
        unattributed=count_unattributed(connection),
    )
