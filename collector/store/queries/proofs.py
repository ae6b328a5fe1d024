"""By what a session is proven: the facts known of its sites, by source, and how old they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import func, select

from collector.store.scope import Sight
from collector.store.tables import evidence
from provisioning.store.tables import participation, school


class Proof(NamedTuple):
    """So many sites have this fact by this source, measured between these moments (microseconds UTC)."""

    fact: str
    source: str
    sites: int
    oldest_at: int
    newest_at: int


def proofs(sight: Sight, session_id: int) -> list[Proof]:
    """Return what measurements with findings there are, by fact and source."""
    e = evidence.c
    query = (
        select(e.fact, e.source, func.count(e.site_id.distinct()), func.min(e.measured_at), func.max(e.measured_at))
        .join(participation, participation.c.site_id == e.site_id)
        .where(participation.c.session_id == session_id, e.findings.is_not(None), sight.site(e.site_id))
        .group_by(e.fact, e.source)
        .order_by(e.fact, e.source)
    )
    return [Proof(*row) for row in sight.connection.execute(query)]


def schools_of_sites(sight: Sight, session_id: int) -> Mapping[int, int]:
    """Return how many schools meet at each site of a session, by the site's id; none: not listed."""
    query = (
        select(school.c.site_id, func.count())
        .join(participation, participation.c.site_id == school.c.site_id)
        .where(participation.c.session_id == session_id, sight.site(school.c.site_id))
        .group_by(school.c.site_id)
    )
    return {site_id: count for site_id, count in sight.connection.execute(query)}
