"""How a participation stands, as the other queries need it: one that was never judged is unknown and the site's."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from collector.judge.verdict import Verdict
from collector.store.scope import Sight
from collector.store.tables import flag, standing
from contract.reasons import LEVELS, OWNERS, REASONS
from provisioning.store.tables import participation

NEEDS = ("at_risk", "not_ready")  # the levels at which somebody is known to have something to mend
NEVER_CHECKED = Verdict("line", "", "unknown", "never_checked", {}, REASONS["never_checked"].owner)

level: ColumnElement[str] = func.coalesce(standing.c.level, NEVER_CHECKED.level)
rank: ColumnElement[int] = case({name: n for n, name in enumerate(LEVELS)}, value=level, else_=len(LEVELS))


def of_session(sight: Sight, session_id: int, *columns: Any) -> Select[Any]:
    """Select columns over the participations of a session that are seen, judged or not."""
    return (
        select(*columns)
        .select_from(participation)
        .outerjoin(standing, standing.c.participation_id == participation.c.id)
        .where(participation.c.session_id == session_id, sight.site(participation.c.site_id))
    )


def is_owed_by(owner: str, levels: Collection[str] = LEVELS) -> ColumnElement[bool]:
    """Tell in SQL whether a flag of the participation, at one of these levels, is this owner's."""
    flagged = select(flag.c.participation_id).where(flag.c.owner == owner, flag.c.level.in_(levels))
    has_flag = participation.c.id.in_(flagged)
    if owner != NEVER_CHECKED.owner or NEVER_CHECKED.level not in levels:
        return has_flag
    return or_(has_flag, standing.c.participation_id.is_(None))


def count_levels(sight: Sight, session_id: int) -> dict[str, int]:
    """Return how many participations of the session stand at each level; they sum to all."""
    counts = dict.fromkeys(LEVELS, 0)
    query = of_session(sight, session_id, level, func.count()).group_by(level)
    counts.update((name, n) for name, n in sight.connection.execute(query))
    return counts


def count_owners(sight: Sight, session_id: int, *, of: str) -> dict[str, int]:
    """Count by owner the `flags` of a session, or the `sites` that have some."""
    counts = dict.fromkeys(OWNERS, 0)
    counted = func.count() if of == "flags" else func.count(flag.c.participation_id.distinct())
    query = (
        select(flag.c.owner, counted)
        .join(participation, participation.c.id == flag.c.participation_id)
        .where(participation.c.session_id == session_id, sight.site(participation.c.site_id))
        .group_by(flag.c.owner)
    )
    counts.update((name, n) for name, n in sight.connection.execute(query))
    unjudged = of_session(sight, session_id, func.count()).where(standing.c.participation_id.is_(None))
    counts[NEVER_CHECKED.owner] += sight.connection.scalar(unjudged) or 0
    return counts


def count_needs(sight: Sight, session_id: int) -> dict[str, int]:
    """Return by owner how many sites have a flag of this owner that says what is wrong, whatever else is unknown."""
    query = (
        select(flag.c.owner, func.count(flag.c.participation_id.distinct()))
        .join(participation, participation.c.id == flag.c.participation_id)
        .where(participation.c.session_id == session_id, sight.site(participation.c.site_id), flag.c.level.in_(NEEDS))
        .group_by(flag.c.owner)
    )
    return {name: n for name, n in sight.connection.execute(query)}


def read_verdicts(text: str | None) -> tuple[Verdict, ...]:
    """Read a standing's verdicts; None, of a participation never judged, is one verdict never_checked."""
    if text is None:
        return (NEVER_CHECKED,)
    return tuple(Verdict(**item) for item in json.loads(text))
