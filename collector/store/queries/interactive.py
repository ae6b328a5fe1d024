"""The sites of a session that speak and are seen: few, and each of them matters."""

from __future__ import annotations

from typing import NamedTuple

from collector.store.queries import presences
from collector.store.queries.standings import level, of_session
from collector.store.scope import Sight
from provisioning.store.tables import participation, site


class Interactive(NamedTuple):
    """An interactive site: its level, and what is with its devices."""

    participation_id: int
    code: str
    name: str
    unit_id: int
    level: str
    presence: str  # of judge.presence.KINDS


def interactive(sight: Sight, session_id: int, now: int) -> list[Interactive]:
    """Return the interactive sites of a session, in the order in which they speak, then that of the roster."""
    columns = (participation.c.id, site.c.code, site.c.name, site.c.unit_id, level, site.c.id)
    query = of_session(sight, session_id, *columns).join(site, site.c.id == participation.c.site_id)
    order = participation.c.speaking_order
    query = query.where(participation.c.role == "interactive").order_by(order.is_(None), order, participation.c.id)
    rows = sight.connection.execute(query).all()
    explained = presences.of_sites(sight, [row[-1] for row in rows], now)
    return [Interactive._make((*row[:-1], explained[row[-1]].kind)) for row in rows]
