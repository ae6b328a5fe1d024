"""How a participation stands, as the other queries need it: one that was never judged is unknown and the site's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Select, case, func, or_, select, text

from collector.judge.verdict import Verdict
from collector.store.scope import Sight
from collector.store.tables import flag, standing
from contract.reasons import LEVELS, OWNERS, REASONS
from provisioning.store.tables import participation

NEEDS = ("at_risk", "not_ready")  # the levels at which somebody is known to have something to mend
NEVER_CHECKED = Verdict("line", "", "unknown", "never_checked", {}, REASONS["never_checked"].owner)

_BY_INDEX = text("INDEXED BY ix_standing_participation_id")  # by itself SQLite takes the rows, full of verdicts
stands = (
    select(standing.c.participation_id, standing.c.level, standing.c.since_at)
    .suffix_with(_BY_INDEX, dialect="sqlite")
    .subquery("stands")
)
level: ColumnElement[str] = func.coalesce(stands.c.level, NEVER_CHECKED.level)
rank: ColumnElement[int] = case({name: n for n, name in enumerate(LEVELS)}, value=level, else_=len(LEVELS))


def seen(sight: Sight, *columns: Any) -> Select[Any]:
    """Select columns over the participations that are seen, and `stands`, empty for one never judged."""
    return (
        select(*columns)
        .select_from(participation)
        .outerjoin(stands, stands.c.participation_id == participation.c.id)
        .where(sight.site(participation.c.site_id))
    )


def of_session(sight: Sight, session_id: int, *columns: Any) -> Select[Any]:
    """Select the same of one session."""
    return seen(sight, *columns).where(participation.c.session_id == session_id)


def has_flag(owner: str, reason: str, levels: Collection[str]) -> ColumnElement[bool]:
    """Tell in SQL whether one flag of the participation has this owner, this reason and such a level; empty: any."""
    flagged = select(flag.c.participation_id)
    is_never_checked = True
    for column, wanted, held in (
        (flag.c.owner, (owner,) if owner else (), NEVER_CHECKED.owner),
        (flag.c.reason, (reason,) if reason else (), NEVER_CHECKED.reason),
        (flag.c.level, tuple(levels), NEVER_CHECKED.level),
    ):
        if wanted:
            flagged = flagged.where(column.in_(wanted))
            is_never_checked = is_never_checked and held in wanted
    found = participation.c.id.in_(flagged)
    return or_(found, stands.c.participation_id.is_(None)) if is_never_checked else found


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
    counts[NEVER_CHECKED.owner] += _count_unjudged(sight, session_id)
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


def count_reasons(sight: Sight, session_id: int) -> dict[str, int]:
    """Return by reason how many sites have a flag of it, the commonest first."""
    query = (
        select(flag.c.reason, func.count(flag.c.participation_id.distinct()))
        .join(participation, participation.c.id == flag.c.participation_id)
        .where(participation.c.session_id == session_id, sight.site(participation.c.site_id))
        .group_by(flag.c.reason)
    )
    counts = {reason: n for reason, n in sight.connection.execute(query)}
    if unjudged := _count_unjudged(sight, session_id):
        counts[NEVER_CHECKED.reason] = counts.get(NEVER_CHECKED.reason, 0) + unjudged
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _count_unjudged(sight: Sight, session_id: int) -> int:
    unjudged = of_session(sight, session_id, func.count()).where(stands.c.participation_id.is_(None))
    return sight.connection.scalar(unjudged) or 0


def read_verdicts(written: str | None, levels: Collection[str] = LEVELS) -> tuple[Verdict, ...]:
    """Read a standing's verdicts of these levels; None, of a participation never judged, is one of never_checked."""
    if written is None:
        return (NEVER_CHECKED,)
    return tuple(Verdict(**item) for item in from_json(written) if item["level"] in levels)
