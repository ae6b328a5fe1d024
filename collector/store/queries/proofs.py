"""By what a session is proven: the facts known of its sites, by source, and how old they are."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from collector.statement.body import Proof
from collector.store.queries.presences import COUNTS
from collector.store.scope import Sight
from collector.store.tables import evidence
from provisioning.store.tables import device, participation


def proofs(sight: Sight, session_id: int) -> list[Proof]:
    """Return what measurements with findings there are, by fact and source; of devices, of those that count."""
    e = evidence.c
    query = (
        select(e.fact, e.source, func.count(e.site_id.distinct()), func.min(e.measured_at), func.max(e.measured_at))
        .join(participation, participation.c.site_id == e.site_id)
        .outerjoin(device, device.c.id == e.device_id)
        .where(participation.c.session_id == session_id, e.findings.is_not(None), sight.site(e.site_id))
        .where(or_(e.device_id.is_(None), COUNTS))
        .group_by(e.fact, e.source)
        .order_by(e.fact, e.source)
    )
    return [Proof(*row) for row in sight.connection.execute(query)]
