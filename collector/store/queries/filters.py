"""Which sites of a session a list leaves: by level, owner, reason, place, part, provider, presence and words."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select

from collector.store.queries import presences
from collector.store.queries.standings import has_flag, level
from collector.store.queries.units import within
from collector.store.scope import Sight
from provisioning.store.folding import fold
from provisioning.store.tables import line, participation, provider, site, unit

MOST_WORDS = 8  # of a search: each costs a look at every site

Conditions = list[ColumnElement[bool]]  # of `of_session`


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
    if chosen.role:
        found.append(participation.c.role == chosen.role)
    if chosen.medium:
        found.append(participation.c.medium == chosen.medium)
    if chosen.presence:
        found.append(presences.is_kind(sight, session_id, chosen.presence, now))
    if of_sites := _of_sites(sight, chosen):
        found.append(participation.c.site_id.in_(select(site.c.id).where(*of_sites)))
    return found


def words(text: str) -> list[str]:
    """Return the words of a search, folded, but none that stands within another: whoever has that one has it too."""
    found = tuple(dict.fromkeys(fold(text).split()))
    return [word for word in found if not any(word in other and word != other for other in found)]


def _of_sites(sight: Sight, chosen: Filter) -> Conditions:
    """Return what a filter asks of `site` alone: looked up first, for it mostly leaves few."""
    found: Conditions = []
    if chosen.unit:
        found.append(site.c.unit_id.in_(within(chosen.unit)))
    if chosen.provider:
        lines = select(line.c.id).join(provider, provider.c.id == line.c.provider_id)
        found.append(site.c.line_id.in_(lines.where(provider.c.code == chosen.provider)))
    wanted = words(chosen.text)[:MOST_WORDS]
    places = _places(sight) if wanted else {}
    found.extend(_mentions(word, places) for word in wanted)
    return found


def _mentions(word: str, places: dict[int, str]) -> ColumnElement[bool]:
    """Tell in SQL whether a folded word stands in a site's name or code or in the names of where it lies."""
    units = [unit_id for unit_id, name in places.items() if word in name]
    in_name = site.c.name_key.contains(word, autoescape=True)
    in_code = site.c.code.contains(word.upper(), autoescape=True)
    return or_(in_name, in_code, site.c.unit_id.in_(units)) if units else or_(in_name, in_code)


def _places(sight: Sight) -> dict[int, str]:
    """Return for each unit with sites its name and its province's, folded: few enough to be searched here."""
    province = unit.alias("province")
    query = select(unit.c.id, unit.c.name, province.c.name).outerjoin(province, province.c.id == unit.c.parent_id)
    has_sites = select(site.c.id).where(site.c.unit_id == unit.c.id).exists()
    return {
        unit_id: fold(f"{name} {of or ''}") for unit_id, name, of in sight.connection.execute(query.where(has_sites))
    }
