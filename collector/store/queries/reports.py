"""One report, and what became of it: the flags that stand because of it and the verdicts it changed."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import select

from collector.store.scope import Sight
from collector.store.tables import flag, flag_change, report, spool
from provisioning.store.tables import device, participation, session, site


class Report(NamedTuple):
    """A report as received, with the site its device stands at."""

    id: int
    seq: int
    spool_id: str
    device: str
    site_code: str
    site_name: str
    received_at: int
    body: bytes


class Flag(NamedTuple):
    """A flag that stands because of a report."""

    site_code: str
    site_name: str
    session_id: int
    session_name: str
    fact: str
    metric: str
    level: str
    reason: str
    params: dict[str, Any]
    owner: str
    since_at: int


class Change(NamedTuple):
    """A verdict that a report changed."""

    site_code: str
    site_name: str
    session_id: int
    session_name: str
    fact: str
    metric: str
    old_level: str | None
    new_level: str | None
    reason: str
    owner: str
    at: int


_PLACE = (site.c.code, site.c.name, session.c.id, session.c.name)


def find(sight: Sight, report_id: int) -> Report | None:
    """Return the report; None when there never was one or it is no longer kept."""
    query = (
        select(
            *(report.c.id, report.c.seq, spool.c.spool_id, device.c.name, site.c.code, site.c.name),
            *(report.c.received_at, report.c.body),
        )
        .join(spool, spool.c.id == report.c.spool)
        .join(device, device.c.id == report.c.device_id)
        .join(site, site.c.id == device.c.site_id)
        .where(report.c.id == report_id, sight.site(site.c.id))
    )
    row = sight.connection.execute(query).first()
    return None if row is None else Report(*row)


def flags_of(sight: Sight, report_id: int) -> list[Flag]:
    """Return the flags that stand because of the report; they outlive it."""
    columns = (flag.c.fact, flag.c.metric, flag.c.level, flag.c.reason, flag.c.params, flag.c.owner, flag.c.since_at)
    query = (
        select(*_PLACE, *columns)
        .join(participation, participation.c.id == flag.c.participation_id)
        .join(site, site.c.id == participation.c.site_id)
        .join(session, session.c.id == participation.c.session_id)
        .where(flag.c.report_id == report_id, sight.site(site.c.id))
        .order_by(flag.c.id)
    )
    return [Flag(*row[:8], json.loads(row[8]), *row[9:]) for row in sight.connection.execute(query)]


def changes_by(sight: Sight, report_id: int) -> list[Change]:
    """Return the verdicts that the report changed; they outlive it."""
    query = (
        select(*_PLACE, *(flag_change.c[name] for name in Change._fields[4:]))
        .join(participation, participation.c.id == flag_change.c.participation_id)
        .join(site, site.c.id == participation.c.site_id)
        .join(session, session.c.id == participation.c.session_id)
        .where(flag_change.c.report_id == report_id, sight.site(site.c.id))
        .order_by(flag_change.c.id)
    )
    return [Change(*row) for row in sight.connection.execute(query)]
