"""What is with the devices of sites that are not connected, explained by hours, holidays, power cuts and sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, not_, or_, select

from collector.judge.calendar import Calendar, Spans, Stretch, stretch
from collector.judge.presence import EXCUSED, KINDS, Explained, best, explain
from collector.store.scope import Sight
from collector.store.tables import presence
from contract.clock import DAY_US
from provisioning import hours
from provisioning.power_cuts import list_power_cuts
from provisioning.store.tables import device, holiday, participation, session, site, unit

COUNTS = and_(device.c.state == "active", device.c.is_spare.is_(False))  # a device that stands for its site
_GONE = ("lost", "stopped", "asleep")
_CUTS_REACH_US = 31 * DAY_US  # our own choice: who went in a cut may stay off for the holidays after it
Sites = Collection[int] | Select[Any]  # ids of sites, or a query for them


def of_sites(sight: Sight, sites: Sites, now: int) -> dict[int, Explained]:
    """Return what is with each site, told by its id or found by a query, by the best of its devices that count."""
    found: dict[int, list[Explained]] = defaultdict(list)
    ids = ids_of(sight.connection, sites)
    stretches = stretches_of(sight, ids, now)
    rows = sight.connection.execute(
        select(device.c.site_id, presence.c.state, presence.c.since_at, presence.c.heard_at)
        .join(presence, presence.c.device_id == device.c.id)
        .where(among(device.c.site_id, ids), sight.site(device.c.site_id), COUNTS)
    )
    for site_id, state, since_at, heard_at in rows:
        found[site_id].append(explain(state, since_at, heard_at, stretches[site_id]))
    return {site_id: best(found.get(site_id, ())) for site_id in stretches}


def count_kinds(sight: Sight, session_id: int, now: int) -> dict[str, int]:
    """Return how many sites of the session there are of each kind of presence; they sum to all."""
    all_sites = _taking_part(sight, session_id)
    counted = Counter(found.kind for found in of_sites(sight, _away(all_sites), now).values())  # costly, and few
    counted["never"] = _count(sight.connection, all_sites.where(not_(_own().exists())))
    counted["connected"] = _count(sight.connection, all_sites) - counted.total()
    return {kind: counted[kind] for kind in KINDS}


def is_kind(sight: Sight, session_id: int, kind: str, now: int) -> ColumnElement[bool]:
    """Tell in SQL whether the site of a participation in this session has this kind of presence.

    Those whose absence is to be explained are found here.
    """
    if kind in ("connected", "never"):
        return _is_connected() if kind == "connected" else not_(_own().exists())
    away = _away(_taking_part(sight, session_id), _GONE if kind in EXCUSED else (kind,))
    found = sorted(site_id for site_id, explained in of_sites(sight, away, now).items() if explained.kind == kind)
    return among(participation.c.site_id, found)


def among(site_id: ColumnElement[int], sites: Collection[int]) -> ColumnElement[bool]:
    """Tell in SQL whether a site is one of these, written out: they can be more than a statement has parameters."""
    return site_id.in_(bindparam("sites", sites, unique=True, expanding=True, literal_execute=True))


def _taking_part(sight: Sight, session_id: int) -> Select[int]:
    seen = and_(participation.c.session_id == session_id, sight.site(participation.c.site_id))
    return select(participation.c.site_id).where(seen)


def _away(sites: Select[int], states: Collection[str] = _GONE) -> Select[int]:
    """Select those of the sites that have a device that went in one of these states, and none that is connected."""
    gone = _heard().where(presence.c.state.in_(states))  # mostly few, and found by an index
    return sites.where(participation.c.site_id.in_(gone), not_(_is_connected()))


def _heard() -> Select[int]:
    return select(device.c.site_id).join(presence, presence.c.device_id == device.c.id).where(COUNTS)


def _own() -> Select[int]:
    return _heard().where(device.c.site_id == participation.c.site_id).correlate(participation)


def _is_connected() -> ColumnElement[bool]:
    return _own().where(presence.c.state == "connected").exists()


def _count(connection: Connection, rows: Select[int]) -> int:
    return int(connection.scalar(select(func.count()).select_from(rows.subquery())) or 0)


def ids_of(connection: Connection, sites: Sites) -> Collection[int]:
    """Return the ids of sites; a query for them is asked here, once for all that is asked of them."""
    return connection.scalars(sites).all() if isinstance(sites, Select) else sites


def stretches_of(sight: Sight, sites: Collection[int], now: int) -> dict[int, Stretch]:
    """Return for each site whether it is open now, since when and until when."""

    @cache  # many sites share their calendars
    def around_now(calendar: Calendar) -> Stretch:
        return stretch(calendar, now)

    return {site_id: around_now(calendar) for site_id, calendar in calendars_of(sight, sites, now).items()}


def calendars_of(sight: Sight, sites: Collection[int], now: int) -> dict[int, Calendar]:
    """Return what decides when each site is open; of power cuts those that are not long over."""
    holidays = Holidays(sight.connection)
    sessions, cuts = _sessions(sight.connection, sites), _power_cuts_of(sight, sites, now)
    rows = sight.connection.execute(
        select(site.c.id, site.c.hours, site.c.unit_id, unit.c.parent_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .where(among(site.c.id, sites), sight.site(site.c.id))
    )
    read = cache(hours.read)
    return {
        site_id: Calendar(
            read(text) if text else hours.DEFAULT,
            holidays.of(unit_id, parent_id),
            tuple(sessions[site_id]),
            cuts.get(site_id, ()),
        )
        for site_id, text, unit_id, parent_id in rows
    }


class Holidays:
    """The days of all holidays, by the unit they are of."""

    def __init__(self, connection: Connection) -> None:
        self._days: dict[int | None, set[date]] = defaultdict(set)
        for row in connection.execute(select(holiday)):
            first, last = date.fromisoformat(row.first_day).toordinal(), date.fromisoformat(row.last_day).toordinal()
            self._days[row.unit_id].update(map(date.fromordinal, range(first, last + 1)))
        self._of: dict[tuple[int, int | None], frozenset[date]] = {}

    def of(self, unit_id: int, parent_id: int | None) -> frozenset[date]:
        """Return the days that a unit has off: its own, its province's and the country's."""
        key = unit_id, parent_id
        if key not in self._of:
            self._of[key] = frozenset().union(*(self._days.get(owner, ()) for owner in (None, *key)))
        return self._of[key]


def _sessions(connection: Connection, sites: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = connection.execute(
        select(participation.c.site_id, session.c.starts_at, session.c.ends_at)
        .join(session, session.c.id == participation.c.session_id)
        .where(among(participation.c.site_id, sites))
        .order_by(session.c.id)
    )
    for site_id, starts_at, ends_at in rows:
        found[site_id].append((starts_at, ends_at))
    return found


def _power_cuts_of(sight: Sight, sites: Collection[int], now: int) -> dict[int, Spans]:
    """Return the spans of the cuts of now, lately and later that touch each site; a site without any is absent."""
    cuts = list_power_cuts(sight.connection, now - _CUTS_REACH_US)
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
        .where(among(site.c.id, sites), sight.site(site.c.id))
        .where(or_(unit.c.id.in_(of_unit), unit.c.parent_id.in_(of_unit)))
    )
    for site_id, unit_id, parent_id in sight.connection.execute(touched):
        found[site_id] += [*of_unit.get(unit_id, ()), *of_unit.get(parent_id, ())]
    return {site_id: tuple(sorted(spans)) for site_id, spans in found.items()}
