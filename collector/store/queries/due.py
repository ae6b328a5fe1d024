"""What is due of a session's sites at each gate, and which of them lack it: by province in one query, or one by one.

T-14d: the site is listed completely (contact, line, medium, seats). T-7d: a device has enrolled and reported. T-1d: its
line is proven to carry. T-1h: an interactive site is present; nothing is asked of the others then.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, not_, select, true

from collector.dryrun.lateness import Due
from collector.store.queries.paging import page_of
from collector.store.queries.presences import COUNTS
from collector.store.queries.standings import of_session, stands
from collector.store.queries.units import province_id
from collector.store.scope import Sight
from collector.store.tables import evidence, flag, presence
from provisioning.roster.sites import UNKNOWN_LINE
from provisioning.store.tables import contact, device, line, participation, site, unit

_LINE = "line"  # the fact that is due at T-1d

_is_interactive = participation.c.role == "interactive"
_has_contact = exists().where(contact.c.site_id == participation.c.site_id)
_has_line = and_(site.c.line_id.is_not(None), not_(line.c.code.startswith(UNKNOWN_LINE, autoescape=True)))
_has_seats = participation.c.seats.is_not(None)
_is_enrolled = exists().where(device.c.site_id == participation.c.site_id, COUNTS)
_has_reported = exists().where(evidence.c.site_id == participation.c.site_id, evidence.c.device_id.is_not(None))
_flagged = select(flag.c.participation_id).where(flag.c.fact == _LINE)
_carries = and_(stands.c.participation_id.is_not(None), participation.c.id.not_in(_flagged))
_is_present = (
    exists()
    .where(device.c.site_id == participation.c.site_id, COUNTS)
    .where(presence.c.device_id == device.c.id, presence.c.state == "connected")
)
# By gate: of which sites something is due, and each thing that is, by name.
ASKED: dict[str, tuple[ColumnElement[bool], dict[str, ColumnElement[bool]]]] = {
    "T-14d": (true(), {"contact": _has_contact, "line": func.coalesce(_has_line, literal(False)), "seats": _has_seats}),
    "T-7d": (true(), {"enrolled": _is_enrolled, "reported": _has_reported}),
    "T-1d": (true(), {"carries": _carries}),
    "T-1h": (_is_interactive, {"present": _is_present}),
}


class Lacking(NamedTuple):
    """A site that lacks what is due at a gate, and which things."""

    site_id: int
    code: str
    name: str
    unit: str
    province: str
    role: str
    lacks: tuple[str, ...]


def by_province(sight: Sight, session_id: int) -> list[Due]:
    """Return what is due and lacking in each province at each gate; provinces by id."""
    counts = []
    for asked, things in ASKED.values():
        counts.append(func.sum(case((asked, 1), else_=0)))
        counts.append(func.sum(case((and_(asked, not_(and_(*things.values()))), 1), else_=0)))
    query = _placed(sight, session_id, province_id, *counts).group_by(province_id).order_by(province_id)
    return [
        Due(unit_id, gate, *numbers[2 * at : 2 * at + 2])
        for unit_id, *numbers in sight.connection.execute(query)
        for at, gate in enumerate(ASKED)
    ]


def lacking(sight: Sight, session_id: int, gate: str, unit_id: int, number: int = 1) -> list[Lacking]:
    """Return page `number` of a province's sites that lack what is due at a gate, interactive ones first."""
    asked, things = ASKED[gate]
    above = unit.alias("above")
    columns = (site.c.id, site.c.code, site.c.name, unit.c.name, func.coalesce(above.c.name, unit.c.name))
    query = (
        _placed(sight, session_id, *columns, participation.c.role, *things.values())
        .outerjoin(above, above.c.id == unit.c.parent_id)
        .where(province_id == unit_id, asked, not_(and_(*things.values())))
        .order_by(not_(_is_interactive), site.c.name_key, site.c.id)
    )
    told = len(columns) + 1
    return [
        Lacking._make((*row[:told], tuple(name for name, has in zip(things, row[told:], strict=True) if not has)))
        for row in sight.connection.execute(page_of(query, number))
    ]


def _placed(sight: Sight, session_id: int, *columns: Any) -> Select[Any]:
    return (
        of_session(sight, session_id, *columns)
        .join(site, site.c.id == participation.c.site_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(line, line.c.id == site.c.line_id)
    )
