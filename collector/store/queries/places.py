"""What a list of a session's sites can be narrowed to: the units they lie in and the providers of their lines."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from collector.store.queries.standings import of_session
from collector.store.scope import Sight
from provisioning.store.tables import line, participation, provider, site, unit


class Place(NamedTuple):
    """A unit by its code; the province's code is empty for a province."""

    code: str
    name: str
    province: str


def places(sight: Sight, session_id: int) -> list[Place]:
    """Return the units that the session's sites lie in, with the provinces of these, by code."""
    homes = of_session(sight, session_id, site.c.unit_id).join(site, site.c.id == participation.c.site_id).distinct()
    province = unit.alias("province")
    query = (
        select(unit.c.code, unit.c.name, province.c.code, province.c.name)
        .outerjoin(province, province.c.id == unit.c.parent_id)
        .where(unit.c.id.in_(homes))
    )
    found = set()
    for code, name, province_code, province_name in sight.connection.execute(query):
        found.add(Place(code, name, province_code or ""))
        if province_code:
            found.add(Place(province_code, province_name, ""))
    return sorted(found)


def providers(sight: Sight, session_id: int) -> dict[str, str]:
    """Return the providers of the session's lines, code to name, the one with most sites first."""
    query = (
        of_session(sight, session_id, provider.c.code, provider.c.name)
        .join(site, site.c.id == participation.c.site_id)
        .join(line, line.c.id == site.c.line_id)
        .join(provider, provider.c.id == line.c.provider_id)
        .group_by(provider.c.code, provider.c.name)
        .order_by(func.count().desc(), provider.c.code)
    )
    return {code: name for code, name in sight.connection.execute(query)}
