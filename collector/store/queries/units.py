"""Administrative units: what lies in one."""

from __future__ import annotations

from sqlalchemy import Select, or_, select

from provisioning.store.tables import unit


def within(code: str) -> Select[tuple[int]]:
    """Select the ids of the units of this code and of all that lies in them."""
    same = select(unit.c.id).where(unit.c.code == code)
    return select(unit.c.id).where(or_(unit.c.code == code, unit.c.parent_id.in_(same)))
