"""Who at VNPT is responsible where a site is: the accounts of its branches, by the units that they reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select

from collector.store.scope import Sight
from provisioning.store.tables import person, person_scope, site, unit

_DUTY = "vnpt_branch"


def of_sites(sight: Sight, site_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the names of the branches by the ids of the sites; a district's own comes before its province's."""
    placed = select(site.c.id, site.c.unit_id, unit.c.parent_id).join(unit, unit.c.id == site.c.unit_id)
    places = sight.connection.execute(placed.where(site.c.id.in_(site_ids), sight.site(site.c.id))).all()
    within = {unit_id for _, *units in places for unit_id in units}
    names: defaultdict[int, list[str]] = defaultdict(list)
    query = select(person_scope.c.unit_id, person.c.name).join(person, person.c.id == person_scope.c.person_id)
    query = query.where(person.c.duty == _DUTY, person.c.disabled_at.is_(None), person_scope.c.unit_id.in_(within))
    for unit_id, name in sight.connection.execute(query.order_by(person.c.id)):
        names[unit_id].append(name)
    return {site_id: [name for unit_id in units for name in names.get(unit_id, ())] for site_id, *units in places}
