"""The figures of one session and the books, as the API tells them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from collector.store.queries.books import Balance, balance, count_unattributed
from collector.store.queries.standings import count_levels, count_owners
from collector.store.scope import Sight
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
    unattributed: int | None  # None: for whoever does not see the country


def summarise(sight: Sight, session_id: int) -> Summary:
    """Return the figures of a session; devices are the active ones of its sites."""
    taking_part = select(func.count()).where(
        participation.c.session_id == session_id, sight.site(participation.c.site_id)
    )
    devices = taking_part.where(device.c.site_id == participation.c.site_id, device.c.state == "active")
    is_theirs = evidence.c.site_id == participation.c.site_id
    has_reported = select(evidence.c.id).where(is_theirs, evidence.c.device_id.is_not(None)).exists()
    levels = count_levels(sight, session_id)
    return Summary(
        sites=sum(levels.values()),
        devices=sight.connection.scalar(devices) or 0,
        sites_reported=sight.connection.scalar(taking_part.where(has_reported)) or 0,
        levels=levels,
        flags=count_owners(sight, session_id, of="flags"),
        balance=balance(sight),
        unattributed=count_unattributed(sight),
    )
