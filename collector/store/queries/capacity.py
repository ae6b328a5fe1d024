"""What a session asks of the network into each province, and what VNPT has confirmed of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, select, true

from collector.dryrun.demand import Confirmed, Demand, Key, demand, state, usual_delivery
from collector.store.queries.units import province_id
from collector.store.scope import Sight
from provisioning.capacity import list_confirmed
from provisioning.store.tables import event, line, participation, provider, session, site, unit

VNPT = "vnpt"


class Row(NamedTuple):
    """One line of the capacity sheet: a province, a medium and a delivery."""

    key: Key
    needed: Demand
    others: int  # of its sites, those on lines of other providers
    confirmed: Confirmed | None

    @property
    def state(self) -> str:
        """What is known of it: of conclusions.CAPACITIES."""
        return state(self.needed, self.confirmed)


def capacities(sight: Sight, session_id: int) -> list[Row]:
    """Return all that a session asks for in the provinces of which whoever looks sees a part, by province.

    The sites of a whole province are counted, whoever looks: capacity is its, and confirmed for all of it at once.
    """
    connection = sight.connection
    bitrate_mbps = connection.execute(
        select(event.c.bitrate_mbps).join(session, session.c.event_id == event.c.id).where(session.c.id == session_id)
    ).scalar_one()
    sites, others = _count(sight, session_id)
    told = _confirmed(sight, session_id)
    return [
        Row(key, demand(sites[key], key.delivery, bitrate_mbps), others[key], told.get(key)) for key in sorted(sites)
    ]


def states_of(rows: Iterable[Row]) -> dict[Key, str]:
    """Return the state of each line of the sheet."""
    return {row.key: row.state for row in rows}


def _count(sight: Sight, session_id: int) -> tuple[Counter[Key], Counter[Key]]:
    """Return how many sites load each line of the sheet, and how many of them other providers carry."""
    is_other = case((provider.c.code.is_(None), 0), (provider.c.code == VNPT, 0), else_=1)
    columns = (province_id, participation.c.medium, participation.c.delivery)
    query = (
        select(*columns, func.count(), func.sum(is_other))
        .select_from(participation)
        .join(site, site.c.id == participation.c.site_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(line, line.c.id == site.c.line_id)
        .outerjoin(provider, provider.c.id == line.c.provider_id)
        .where(participation.c.session_id == session_id, _is_seen(sight))
        .group_by(*columns)
    )
    sites: Counter[Key] = Counter()
    others: Counter[Key] = Counter()
    for unit_id, medium, delivery, found, of_others in sight.connection.execute(query):
        key = Key(unit_id, medium, delivery or usual_delivery(medium))
        sites[key] += found
        others[key] += of_others or 0
    return sites, others


def _is_seen(sight: Sight) -> ColumnElement[bool]:
    if sight.units is None:
        return true()
    return province_id.in_(select(province_id).where(unit.c.id.in_(sight.units)))


def _confirmed(sight: Sight, session_id: int) -> dict[Key, Confirmed]:
    return {
        Key(row.unit_id, row.medium, row.delivery): Confirmed(
            row.confirmed_mbps, row.confirmed_by, row.confirmed_at, row.note
        )
        for row in list_confirmed(sight.connection, session_id)
    }
