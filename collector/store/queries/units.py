"""Administrative units: those that a session speaks of, and what lies in one."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from provisioning.store.tables import event, session, unit
from provisioning.units.load import units_as_of

province_id: ColumnElement[int] = func.coalesce(unit.c.parent_id, unit.c.id)  # of the unit that a query speaks of


class Unit(NamedTuple):
    """A province (without a parent), or a district or commune."""

    id: int
    code: str
    name: str
    parent_id: int | None


def within(code: str) -> Select[tuple[int]]:
    """Select the ids of the units of this code and of all that lies in them."""
    same = select(unit.c.id).where(unit.c.code == code)
    return select(unit.c.id).where(or_(unit.c.code == code, unit.c.parent_id.in_(same)))


def day_of(connection: Connection, session_id: int) -> str:
    """Return the ISO day as of which a session's event names units."""
    query = select(event.c.units_as_of).join(session, session.c.event_id == event.c.id)
    return str(connection.execute(query.where(session.c.id == session_id)).scalar_one())


def names_of(connection: Connection, session_id: int) -> dict[str, str]:
    """Return the names of the units that a session speaks of, by their code; a district's with its province."""
    units = on_day(connection, day_of(connection, session_id))
    return {
        one.code: one.name if one.parent_id is None else f"{one.name}, {units[one.parent_id].name}"
        for one in units.values()
    }


def on_day(connection: Connection, day: str) -> dict[int, Unit]:
    """Return the units in force on an ISO day by id, provinces first, by code."""
    return {row.id: Unit(row.id, row.code, row.name, row.parent_id) for row in units_as_of(connection, day)}
