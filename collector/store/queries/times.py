"""When sites may be tested: their calendars, the power cuts where they lie, and the sessions of the country."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, or_, select

from collector.dryrun.testable import REASONS, Times, may_test
from collector.judge.calendar import OPENS_BEFORE_US, Calendar, Spans
from collector.store.queries.presences import Holidays, Sites, calendars_of, ids_of
from collector.store.scope import Sight
from provisioning import hours
from provisioning.holidays import Holiday, list_holidays
from provisioning.power_cuts import PowerCut, list_power_cuts
from provisioning.store.tables import participation, session, site, unit

_MOST_HOURS = 12  # different hours that a page lists


def times_of(sight: Sight, sites: Sites, now: int) -> dict[int, Times]:
    """Return what decides from now on when each site may be tested."""
    ids = ids_of(sight.connection, sites)
    running = _running(sight, now)
    return {site_id: Times(calendar, running) for site_id, calendar in calendars_of(sight, ids, now).items()}


def power_cuts_seen(sight: Sight, now: int) -> list[PowerCut]:
    """Return the power cuts that are not over and touch a site that is seen, or a unit that holds or lies in one."""
    cuts = list_power_cuts(sight.connection, now)
    if sight.is_whole:
        return cuts
    units, named = _units_seen(sight), {cut.site_id for cut in cuts if cut.site_id is not None}
    sites = set(sight.connection.scalars(select(site.c.id).where(site.c.id.in_(named), sight.site(site.c.id))))
    return [cut for cut in cuts if cut.site_id in sites or (cut.unit_id is not None and cut.unit_id in units)]


def _units_seen(sight: Sight) -> set[int]:
    """Return the units that sites which are seen lie in, and the provinces above them."""
    places = (
        select(unit.c.id, unit.c.parent_id)
        .join(site, site.c.unit_id == unit.c.id)
        .where(sight.site(site.c.id))
        .distinct()
    )
    return {unit_id for row in sight.connection.execute(places) for unit_id in row if unit_id is not None}


def _running(sight: Sight, now: int) -> Spans:
    """Return the sessions of the country that are not over."""
    query = select(session.c.starts_at, session.c.ends_at).where(session.c.ends_at > now)
    rows = sight.connection.execute(query.order_by(session.c.starts_at))
    return tuple((starts_at, ends_at) for starts_at, ends_at in rows)


def count_testable(sight: Sight, session_id: int, now: int) -> dict[str, int]:
    """Return of how many sites of a session each reason keeps one from being tested now; under none those that may be.

    Sites are counted by what decides of them, not read one by one: a country has some hundreds of such groups.
    """
    counts = dict.fromkeys(("", *REASONS), 0)
    holidays, running = Holidays(sight.connection), _running(sight, now)
    for text, unit_id, parent_id, is_cut, is_opened, number in sight.connection.execute(_alike(sight, session_id, now)):
        week = hours.read(text) if text else hours.DEFAULT
        sessions = ((now, now + 1),) if is_opened else ()
        cuts = ((now, now + 1),) if is_cut else ()
        calendar = Calendar(week, holidays.of(unit_id, parent_id), sessions, cuts)
        counts[may_test(Times(calendar, running), now).reason] += number
    return counts


def _alike(sight: Sight, session_id: int, now: int) -> Select[Any]:
    """Select hours, unit, province, whether power is cut, whether a session opens the site, and their number."""
    cuts = [cut for cut in list_power_cuts(sight.connection, now) if cut.starts_at <= now]
    units, sites = {cut.unit_id for cut in cuts} - {None}, {cut.site_id for cut in cuts} - {None}
    is_cut = or_(site.c.id.in_(sites), unit.c.id.in_(units), func.coalesce(unit.c.parent_id, 0).in_(units))
    other = participation.alias("other")
    opened = (
        select(other.c.site_id)
        .join(session, session.c.id == other.c.session_id)
        .where(session.c.starts_at - OPENS_BEFORE_US <= now, session.c.ends_at > now)
    )
    keys = (
        *(site.c.hours, site.c.unit_id, unit.c.parent_id),
        *(is_cut.label("is_cut"), site.c.id.in_(opened).label("is_opened")),
    )
    return (
        select(*keys, func.count())
        .join(participation, participation.c.site_id == site.c.id)
        .join(unit, unit.c.id == site.c.unit_id)
        .where(participation.c.session_id == session_id, sight.site(site.c.id))
        .group_by(*keys)
    )


def holidays_seen(sight: Sight, first_day: str) -> list[Holiday]:
    """Return the holidays that are not over on an ISO day: the country's, and those of where the seen sites lie."""
    days = [day for day in list_holidays(sight.connection) if day.last_day >= first_day]
    units = None if sight.is_whole else _units_seen(sight)
    return [day for day in days if units is None or day.unit_id is None or day.unit_id in units]


def hours_seen(sight: Sight, session_id: int) -> list[tuple[str, int]]:
    """Return the hours that a session's sites keep, as their roster has them, and how many do; the commonest first."""
    query = (
        select(site.c.hours, func.count())
        .join(participation, participation.c.site_id == site.c.id)
        .where(participation.c.session_id == session_id, sight.site(site.c.id))
        .group_by(site.c.hours)
        .order_by(func.count().desc(), site.c.hours)
        .limit(_MOST_HOURS)
    )
    return [(text, number) for text, number in sight.connection.execute(query)]
