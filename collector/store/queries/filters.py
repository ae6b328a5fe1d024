"""Which sites of a session a list leaves: by level, owner, reason, place, part, provider, presence and words."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from collector.store.queries import presences
from collector.store.queries.standings import has_flag, level
from collector.store.queries.units import within
from collector.store.scope import Sight
from provisioning.store.folding import fold
from provisioning.store.tables import line, participation, provider, site, unit

Conditions = list[ColumnElement[bool]]  # of `of_session` joined with `site`


class Filter(NamedTuple):
    """Which sites of the session to list; empty: all. With owner or reason, the levels are those of such flags."""

    levels: tuple[str, ...] = ()
    owner: str = ""
    role: str = ""
    text: str = ""
    unit: str = ""  # the code of a province with all that lies in it, or of a district
    medium: str = ""
    provider: str = ""  # the code of whoever carries the site's line
    reason: str = ""
    presence: str = ""  # of judge.presence.KINDS


def conditions(sight: Sight, session_id: int, chosen: Filter, now: int) -> Conditions:
    """Return what a filter asks of the sites of a session; presence as of `now`, microseconds UTC."""
    found: Conditions = []
    if chosen.owner or chosen.reason:
        found.append(has_flag(chosen.owner, chosen.reason, chosen.levels))
    elif chosen.levels:
        found.append(level.in_(chosen.levels))
    if chosen.unit:
        there = select(site.c.id).where(site.c.unit_id.in_(within(chosen.unit))).correlate(None)
        found.append(participation.c.site_id.in_(there))
    if chosen.role:
        found.append(participation.c.role == chosen.role)
    if chosen.medium:
        found.append(participation.c.medium == chosen.medium)
    if chosen.provider:
        found.append(_provider_code() == chosen.provider)
    if chosen.presence:
        found.append(presences.is_kind(sight, session_id, chosen.presence, now))
    words = fold(chosen.text).split()
    places = _places(sight) if words else {}
    found.extend(_mentions(word, places) for word in words)
    return found


def _provider_code() -> ColumnElement[str]:
    query = select(provider.c.code).join(line, line.c.provider_id == provider.c.id)
    return query.where(line.c.id == site.c.line_id).correlate(site).scalar_subquery()


def _mentions(word: str, places: dict[int, str]) -> ColumnElement[bool]:
    """Tell in SQL whether a folded word stands in a site's name or code or in the names of where it lies."""
    units = [unit_id for unit_id, name in places.items() if word in name]
    in_name = site.c.name_key.contains(word, autoescape=True)
    in_code = func.lower(site.c.code).contains(word, autoescape=True)
    return or_(in_name, in_code, site.c.unit_id.in_(units)) if units else or_(in_name, in_code)


def _places(sight: Sight) -> dict[int, str]:
    """Return for each unit its name and its province's, folded: few enough to be searched here."""
    province = unit.alias("province")
    query = select(unit.c.id, unit.c.name, province.c.name).outerjoin(province, province.c.id == unit.c.parent_id)
    return {unit_id: fold(f"{name} {of or ''}") for unit_id, name, of in sight.connection.execute(query)}
