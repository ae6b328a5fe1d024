"""Reports that could not be used, and messages that could be laid to no device's account."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from collector.store.queries.paging import page_of
from collector.store.scope import Sight
from collector.store.tables import quarantine, unattributed

_LATEST = 50  # messages


class Filter(NamedTuple):
    """Which quarantined reports to show; empty: all."""

    reason: str = ""
    device: str = ""  # a part of its name


class Quarantined(NamedTuple):
    """A report that could not be used; `body` is its beginning, None when it is no longer kept."""

    id: int
    device: str
    seq: int
    reason: str
    detail: str
    received_at: int
    body: bytes | None


class Unattributed(NamedTuple):
    """A message whose topic or frame could not be read; `payload` is its beginning."""

    id: int
    topic: str
    reason: str
    times: int
    last_at: int
    payload: bytes


def count_reasons(sight: Sight) -> dict[str, int]:
    """Return how many reports are kept in quarantine for each reason, the commonest first."""
    query = (
        select(quarantine.c.reason, func.count()).where(sight.device(quarantine.c.device)).group_by(quarantine.c.reason)
    )
    counts = ((reason, n) for reason, n in sight.connection.execute(query))
    return dict(sorted(counts, key=lambda item: -item[1]))


def count(sight: Sight, chosen: Filter) -> int:
    """Return how many quarantined reports the filter leaves."""
    return sight.connection.scalar(_kept(sight, chosen, func.count())) or 0


def page(sight: Sight, chosen: Filter, number: int = 1) -> list[Quarantined]:
    """Return page `number` (from 1) of the quarantined reports that the filter leaves, the latest first."""
    query = _kept(sight, chosen, *(quarantine.c[name] for name in Quarantined._fields))
    query = page_of(query.order_by(quarantine.c.id.desc()), number)
    return [Quarantined(*row) for row in sight.connection.execute(query)]


def _kept(sight: Sight, chosen: Filter, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(quarantine).where(sight.device(quarantine.c.device))
    if chosen.reason:
        query = query.where(quarantine.c.reason == chosen.reason)
    if chosen.device:
        query = query.where(quarantine.c.device.contains(chosen.device, autoescape=True))
    return query


def latest_unattributed(sight: Sight) -> list[Unattributed]:
    """Return the messages last seen that could be laid to no device's account; only who sees the country sees them."""
    if not sight.is_whole:
        return []
    query = select(*(unattributed.c[name] for name in Unattributed._fields))
    query = query.order_by(unattributed.c.last_at.desc(), unattributed.c.id.desc()).limit(_LATEST)
    return [Unattributed(*row) for row in sight.connection.execute(query)]
