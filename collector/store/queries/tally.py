"""How the sites of a session stand, counted by unit: all that tiles, sums and shares are made of, in one query."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func

from collector.store.queries.standings import level, of_session
from collector.store.scope import Sight
from provisioning.store.tables import participation, site


class Tally(NamedTuple):
    """So many sites of a unit, of this role, stand at this level."""

    unit_id: int
    role: str
    level: str
    sites: int


def tally(sight: Sight, session_id: int) -> list[Tally]:
    """Return the counts of a session; they sum to all its sites that are seen."""
    keys = (site.c.unit_id, participation.c.role, level)
    query = of_session(sight, session_id, *keys, func.count()).join(site, site.c.id == participation.c.site_id)
    return [Tally(*row) for row in sight.connection.execute(query.group_by(*keys))]
