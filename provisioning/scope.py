"""The units whose sites a person sees and may act upon: those of their account, with all that lies in them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from provisioning.people import BOUND_DUTIES, Person
from provisioning.store.tables import person_scope, unit


def units_of(connection: Connection, person: Person) -> frozenset[int] | None:
    """Return the ids of the units that a person reaches; None: the whole country."""
    own = select(person_scope.c.unit_id).where(person_scope.c.person_id == person.id)
    reached = select(unit.c.id).where(unit.c.id.in_(own)).cte(recursive=True)
    reached = reached.union(select(unit.c.id).join(reached, unit.c.parent_id == reached.c.id))
    found = frozenset(connection.execute(select(reached.c.id)).scalars())
    return None if not found and person.duty not in BOUND_DUTIES else found
