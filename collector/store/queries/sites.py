"""The list of sites of a session: worst first, filtered, searched and paged."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from collector.judge.verdict import Verdict
from collector.store.queries.standings import is_owed_by, level, of_session, rank, read_verdicts
from collector.store.queries.units import within
from collector.store.scope import Sight
from collector.store.tables import flag, flag_change, standing
from contract.reasons import LEVELS
from provisioning.store.folding import fold, folded
from provisioning.store.tables import participation, site, unit

PAGE_SIZE = 50

_province = unit.alias("province")


class Filter(NamedTuple):
    """Which sites of the session to list; empty: all. With an owner, the levels are those of that owner's flags."""

    levels: tuple[str, ...] = ()
    owner: str = ""
    role: str = ""
    text: str = ""
    unit: str = ""  # the code of a province with all that lies in it, or of a district


class Row(NamedTuple):
    """One site in a session as the list shows it; times in microseconds UTC."""

    participation_id: int
    site_id: int
    code: str
    name: str
    unit: str
    province: str | None
    role: str
    medium: str
    level: str
    verdicts: tuple[Verdict, ...]
    since_at: int | None


def count(sight: Sight, session_id: int, chosen: Filter) -> int:
    """Return how many sites the filter leaves."""
    return sight.connection.scalar(_listed(sight, session_id, chosen, func.count())) or 0


def page(sight: Sight, session_id: int, chosen: Filter, number: int) -> list[Row]:
    """Return page `number` (from 1), worst levels first, then the interactive ones, then by name."""
    order = (rank.desc(), participation.c.role, folded(site.c.name), participation.c.id)
    keys = _listed(sight, session_id, chosen, participation.c.id).order_by(*order)
    keys = keys.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    query = (
        select(
            participation.c.id.label("participation_id"),
            site.c.id.label("site_id"),
            site.c.code,
            site.c.name,
            unit.c.name.label("unit"),
            _province.c.name.label("province"),
            participation.c.role,
            participation.c.medium,
            level.label("level"),
            standing.c.verdicts,
            _since().label("since_at"),
        )
        .select_from(participation)
        .outerjoin(standing, standing.c.participation_id == participation.c.id)
        .join(site, site.c.id == participation.c.site_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(_province, _province.c.id == unit.c.parent_id)
        .where(participation.c.id.in_(keys))
        .order_by(*order)
    )
    rows = sight.connection.execute(query).mappings()
    return [Row(**{**row, "verdicts": read_verdicts(row["verdicts"])}) for row in rows]


def _listed(sight: Sight, session_id: int, chosen: Filter, *columns: Any) -> Select[Any]:
    return (
        of_session(sight, session_id, *columns)
        .join(site, site.c.id == participation.c.site_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(_province, _province.c.id == unit.c.parent_id)
        .where(*_conditions(chosen))
    )


def _conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.owner:
        conditions.append(is_owed_by(chosen.owner, chosen.levels or LEVELS))
    elif chosen.levels:
        conditions.append(level.in_(chosen.levels))
    if chosen.unit:
        there = select(site.c.id).where(site.c.unit_id.in_(within(chosen.unit)))
        conditions.append(participation.c.site_id.in_(there))
    if chosen.role:
        conditions.append(participation.c.role == chosen.role)
    for word in fold(chosen.text).split():
        places = (site.c.name, site.c.code, unit.c.name, _province.c.name)
        conditions.append(or_(*(folded(place).contains(word, autoescape=True) for place in places)))
    return conditions


def _since() -> ColumnElement[int]:
    """Since when the worst flag stands, or for a site without one, since its last flag went."""
    worst = select(func.min(flag.c.since_at)).where(
        and_(flag.c.participation_id == participation.c.id, flag.c.level == standing.c.level)
    )
    last = select(func.max(flag_change.c.at)).where(flag_change.c.participation_id == participation.c.id)
    return func.coalesce(
        worst.correlate(participation, standing).scalar_subquery(), last.correlate(participation).scalar_subquery()
    )
