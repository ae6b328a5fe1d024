"""When sites may be tested: their calendars, the power cuts where they lie, and the sessions of the country."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import or_, select

from collector.dryrun.testable import Spans, Times
from collector.store.queries.presences import Sites, calendars_of
from collector.store.scope import Sight
from provisioning.power_cuts import PowerCut, list_power_cuts
from provisioning.store.tables import session, site, unit


def times_of(sight: Sight, sites: Sites, now: int) -> dict[int, Times]:
    """Return what decides from now on when each site may be tested."""
    running = tuple(
        (starts_at, ends_at)
        for starts_at, ends_at in sight.connection.execute(
            select(session.c.starts_at, session.c.ends_at).where(session.c.ends_at > now).order_by(session.c.starts_at)
        )
    )
    cuts = _cuts_of(sight, sites, now)
    calendars = calendars_of(sight, sites)
    return {site_id: Times(calendar, cuts.get(site_id, ()), running) for site_id, calendar in calendars.items()}


def cuts_seen(sight: Sight, now: int) -> list[PowerCut]:
    """Return the power cuts that are not over and touch a site that is seen, or a unit that holds or lies in one."""
    cuts = list_power_cuts(sight.connection, now)
    if sight.is_whole:
        return cuts
    seen = select(site.c.id, site.c.unit_id, unit.c.parent_id).join(unit, unit.c.id == site.c.unit_id)
    rows = sight.connection.execute(seen.where(sight.site(site.c.id))).all()
    sites = {row[0] for row in rows}
    units = {unit_id for row in rows for unit_id in row[1:]}
    return [cut for cut in cuts if cut.site_id in sites or (cut.unit_id is not None and cut.unit_id in units)]


def _cuts_of(sight: Sight, sites: Sites, now: int) -> dict[int, Spans]:
    """Return the spans of the cuts that touch each site; a site without any is absent."""
    cuts = list_power_cuts(sight.connection, now)
    if not cuts:
        return {}
    of_unit: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for cut in cuts:
        if cut.unit_id is not None:
            of_unit[cut.unit_id].append((cut.starts_at, cut.ends_at))
        elif cut.site_id is not None:
            found[cut.site_id].append((cut.starts_at, cut.ends_at))
    touched = (
        select(site.c.id, site.c.unit_id, unit.c.parent_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .where(site.c.id.in_(sites), sight.site(site.c.id))
        .where(or_(unit.c.id.in_(of_unit), unit.c.parent_id.in_(of_unit)))
    )
    for site_id, unit_id, parent_id in sight.connection.execute(touched):
        found[site_id] += [*of_unit.get(unit_id, ()), *of_unit.get(parent_id, ())]
    return {site_id: tuple(sorted(spans)) for site_id, spans in found.items()}
