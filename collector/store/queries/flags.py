"""The flags that stand in a session, and the changes of verdicts at one site, page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from collector.store.queries.units import within
from collector.store.scope import Sight
from collector.store.tables import flag, flag_change
from provisioning.store.tables import participation, site

_PLACE = (site.c.code.label("site_code"), site.c.name.label("site_name"))


class Flag(NamedTuple):
    """A flag that stands; `since_at` in microseconds UTC."""

    id: int
    site_code: str
    site_name: str
    fact: str
    metric: str
    level: str
    reason: str
    params: dict[str, Any]
    owner: str
    report_id: int | None
    since_at: int


class Change(NamedTuple):
    """A verdict that changed; `at` in microseconds UTC."""

    id: int
    fact: str
    metric: str
    old_level: str | None
    new_level: str | None
    reason: str
    owner: str
    report_id: int | None
    at: int


def standing(
    sight: Sight, session_id: int, levels: Sequence[str], owner: str, unit_code: str, after: int, most: int
) -> list[Flag]:
    """Return the flags after one of this id, in the order in which they arose; an empty filter leaves all."""
    columns = (flag.c[name] for name in Flag._fields[3:])
    query = (
        select(flag.c.id, *_PLACE, *columns)
        .join(participation, participation.c.id == flag.c.participation_id)
        .join(site, site.c.id == participation.c.site_id)
        .where(participation.c.session_id == session_id, sight.site(site.c.id), flag.c.id > after)
        .order_by(flag.c.id)
        .limit(most)
    )
    if levels:
        query = query.where(flag.c.level.in_(levels))
    if owner:
        query = query.where(flag.c.owner == owner)
    if unit_code:
        query = query.where(site.c.unit_id.in_(within(unit_code)))
    rows = (Flag._make(row) for row in sight.connection.execute(query))
    return [row._replace(params=json.loads(str(row.params))) for row in rows]


def changes_of(sight: Sight, session_id: int, site_id: int, before: int, most: int) -> list[Change]:
    """Return the changes at a site before the one of this id (0: from the newest on), newest first."""
    query = (
        select(*(flag_change.c[name] for name in Change._fields))
        .join(participation, participation.c.id == flag_change.c.participation_id)
        .where(
            participation.c.session_id == session_id,
            participation.c.site_id == site_id,
            sight.site(participation.c.site_id),
        )
        .order_by(flag_change.c.id.desc())
        .limit(most)
    )
    if before:
        query = query.where(flag_change.c.id < before)
    return [Change._make(row) for row in sight.connection.execute(query)]
