"""A roster file checked against the units and compared with the registry, in one call."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from provisioning.roster.plan import Plan, make_plan
from provisioning.roster.read import Problem, read
from provisioning.roster.registry import read_sites
from provisioning.roster.sites import put_together
from provisioning.store.tables import event, session
from provisioning.units.load import units_as_of
from provisioning.units.match import UnitIndex


class Checked(NamedTuple):
    """What a file holds, what is wrong in it, and what importing it would do."""

    rows_read: int
    problems: tuple[Problem, ...]
    plan: Plan


def check(connection: Connection, content: bytes, session_id: int) -> Checked:
    """Check a roster for a session by the units of its event's day."""
    roster = read(content)
    day = select(event.c.units_as_of).join(session, session.c.event_id == event.c.id)
    units = units_as_of(connection, connection.execute(day.where(session.c.id == session_id)).scalar_one())
    held = read_sites(connection, session_id)
    sites = put_together(roster.rows, UnitIndex(units), held)
    plan = make_plan(sites.sites, held, roster.fields)
    return Checked(roster.rows_read, tuple(sorted((*roster.problems, *sites.problems))), plan)
