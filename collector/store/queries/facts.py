"""The evidence of one site as it was measured."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import select

from collector.store.scope import Sight
from collector.store.tables import evidence
from provisioning.store.tables import device


class Fact(NamedTuple):
    """The latest fact of a kind by a source; `measured_at` in microseconds UTC."""

    fact: str
    source: str
    device: str | None  # None: of the site itself
    measured_at: int
    is_time_uncertain: bool
    findings: dict[str, Any] | None
    failure: dict[str, Any] | None
    report_id: int


def of_site(sight: Sight, site_id: int) -> list[Fact]:
    """Return the evidence of a site, newest first."""
    e = evidence.c
    query = (
        select(
            *(e.fact, e.source, device.c.name, e.measured_at, e.is_time_uncertain),
            *(e.findings, e.failure, e.report_id),
        )
        .outerjoin(device, device.c.id == e.device_id)
        .where(e.site_id == site_id, sight.site(e.site_id))
        .order_by(e.measured_at.desc(), e.id)
    )
    rows = sight.connection.execute(query)
    return [Fact(*row[:5], json.loads(row[5] or "null"), json.loads(row[6] or "null"), row[7]) for row in rows]
