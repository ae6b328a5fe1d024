"""What changed lately in a session: the verdicts that got worse or were mended, newest first."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, or_, select

from collector.store.queries.standings import NEEDS
from collector.store.scope import Sight
from collector.store.tables import flag_change
from provisioning.store.tables import participation, site

_REACHES = 5000  # rows, of all sessions: what lies farther back is not lately, and is not looked through


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
    """Return the latest changes of a session that are seen."""
    oldest = (sight.connection.scalar(select(func.max(flag_change.c.id))) or 0) - _REACHES
    is_theirs = (
        select(participation.c.id)
        .where(participation.c.id == flag_change.c.participation_id, participation.c.session_id == session_id)
        .where(sight.site(participation.c.site_id))
        .correlate(flag_change)
        .exists()
    )
    is_need = or_(flag_change.c.old_level.in_(NEEDS), flag_change.c.new_level.in_(NEEDS))
    recent = select(flag_change).where(flag_change.c.id > oldest, is_need, is_theirs)
    change = recent.order_by(flag_change.c.id.desc()).limit(most).subquery()
    query = (
        select(
            *(change.c.at, site.c.code, site.c.name, site.c.unit_id),
            *(change.c.fact, change.c.metric, change.c.old_level, change.c.new_level),
        )
        .join(participation, participation.c.id == change.c.participation_id)
        .join(site, site.c.id == participation.c.site_id)
        .order_by(change.c.id.desc())
    )
    return [Lately(*row) for row in sight.connection.execute(query)]
