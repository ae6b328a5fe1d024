"""What changed lately in a session: the verdicts that got worse or were mended, newest first."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, or_, select

from collector.store.queries.standings import NEEDS
from collector.store.scope import Sight
from collector.store.tables import flag_change
from provisioning.store.tables import participation, site

_REACHES = 5000  # change rows: what lies farther back is not lately, and is not looked through


class Lately(NamedTuple):
    """One verdict of a site that changed, from or to a level at which somebody has something to mend."""

    at: int
    code: str
    name: str
    unit_id: int
    fact: str
    metric: str
    old_level: str | None
    new_level: str | None


def lately(sight: Sight, session_id: int, most: int) -> list[Lately]:
    """Return the latest changes of a session."""
    oldest = (sight.connection.scalar(select(func.max(flag_change.c.id))) or 0) - _REACHES
    query = (
        select(
            *(flag_change.c.at, site.c.code, site.c.name, site.c.unit_id),
            *(flag_change.c.fact, flag_change.c.metric, flag_change.c.old_level, flag_change.c.new_level),
        )
        .join(participation, participation.c.id == flag_change.c.participation_id)
        .join(site, site.c.id == participation.c.site_id)
        .where(
            flag_change.c.id > oldest,
            participation.c.session_id == session_id,
            sight.site(participation.c.site_id),
            or_(flag_change.c.old_level.in_(NEEDS), flag_change.c.new_level.in_(NEEDS)),
        )
        .order_by(flag_change.c.id.desc())
        .limit(most)
    )
    return [Lately(*row) for row in sight.connection.execute(query)]
