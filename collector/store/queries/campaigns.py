"""Which sites a campaign takes, and how far it has come."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from collector.dryrun.campaign import Campaign
from collector.dryrun.checks import NOT_CARRIED, NOT_REHEARSED, ask_devices
from collector.dryrun.selection import Selection
from collector.store.queries.paging import page_of
from collector.store.queries.presences import COUNTS
from collector.store.queries.units import within
from collector.store.scope import Sight
from collector.store.tables import campaign_site, presence, slot
from provisioning.store.tables import device, line, participation, site, unit


class Device(NamedTuple):
    """A device of a site; the test of a spare one counts for itself alone."""

    name: str
    is_connected: bool
    is_spare: bool


class Chosen(NamedTuple):
    """A site that a campaign takes."""

    site_id: int
    role: str
    is_hard_to_reach: bool
    needs_consent: bool  # its line is mobile, and nobody has agreed to spend its bytes
    devices: tuple[Device, ...]

    @property
    def own(self) -> tuple[Device, ...]:
        """Those whose test counts for the site."""
        return tuple(device for device in self.devices if not device.is_spare)


def choose(connection: Connection, session_id: int, selection: Selection) -> list[Chosen]:
    """Return the sites of a session that a selection takes, in the order of their ids."""
    query = (
        select(site.c.id, participation.c.role, site.c.is_hard_to_reach, line.c.kind, line.c.consented_mb)
        .join(participation, participation.c.site_id == site.c.id)
        .outerjoin(line, line.c.id == site.c.line_id)
        .where(participation.c.session_id == session_id, *_taken(selection))
        .order_by(site.c.id)
    )
    devices = _devices(connection)
    return [
        Chosen(site_id, role, is_hard, kind == "mobile" and consented_mb is None, tuple(devices.get(site_id, ())))
        for site_id, role, is_hard, kind, consented_mb in connection.execute(query)
    ]


def unknown_codes(connection: Connection, selection: Selection) -> list[str]:
    """Return the codes in a selection that no unit, or no site, has."""
    units = connection.scalars(select(unit.c.code).where(unit.c.code.in_(selection.units)))
    sites = connection.scalars(select(site.c.code).where(site.c.code.in_(selection.sites)))
    return sorted({*selection.units} - {*units}) + sorted({*selection.sites} - {*sites})


def _taken(selection: Selection) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if selection.units:
        found.append(or_(*(site.c.unit_id.in_(within(code)) for code in selection.units)))
    if selection.roles:
        found.append(participation.c.role.in_(selection.roles))
    if selection.media:
        found.append(participation.c.medium.in_(selection.media))
    if selection.sites:
        found.append(site.c.code.in_(selection.sites))
    if selection.not_carried_in is not None:
        earlier = select(campaign_site.c.site_id).where(
            campaign_site.c.campaign_id == selection.not_carried_in, campaign_site.c.outcome.in_(NOT_CARRIED)
        )
        found.append(site.c.id.in_(earlier))
    return found


def _devices(connection: Connection) -> dict[int, list[Device]]:
    found: dict[int, list[Device]] = defaultdict(list)
    rows = connection.execute(
        select(device.c.site_id, device.c.name, presence.c.state, device.c.is_spare)
        .outerjoin(presence, presence.c.device_id == device.c.id)
        .where(device.c.state == "active")
    )
    for site_id, name, state, is_spare in rows:
        found[site_id].append(Device(name, state == "connected", is_spare))
    return found


class Wave(NamedTuple):
    """How far the sites that go together have come."""

    wave: int
    sites: int
    settled: int  # that have a result, or a reason why not


class Entry(NamedTuple):
    """A site of a campaign as its page lists it; outcome "": still open."""

    site_id: int
    code: str
    name: str
    unit: str
    province: str | None
    role: str | None  # None: it takes part in the session no more
    wave: int
    outcome: str
    reason: str
    report_id: int | None
    ended_at: int | None


_outcome = func.coalesce(campaign_site.c.outcome, "")
_province = unit.alias("province")


def count_outcomes(sight: Sight, campaign_id: int) -> dict[tuple[str, str], int]:
    """Return how many sites there are of each (outcome, reason); outcome "": still open."""
    columns = _outcome, campaign_site.c.reason
    rows = sight.connection.execute(_of(sight, campaign_id, *columns, func.count()).group_by(*columns))
    return {(outcome, reason): n for outcome, reason, n in rows}


def count_waves(sight: Sight, campaign_id: int) -> list[Wave]:
    """Return the waves in their order."""
    settled = func.sum(case((campaign_site.c.outcome.is_(None), 0), else_=1))
    query = _of(sight, campaign_id, campaign_site.c.wave, func.count(), settled).group_by(campaign_site.c.wave)
    return [Wave(*row) for row in sight.connection.execute(query.order_by(campaign_site.c.wave))]


def count_open(sight: Sight, found: Campaign) -> dict[str, int]:
    """Return how many sites are still open, by what holds them up; reason "": nothing, they test or wait their turn."""
    is_by_devices = ask_devices(found.checks)
    is_on = case((presence.c.state == "connected", 1), else_=0)
    devices = (
        select(device.c.site_id, func.max(is_on).label("is_on"))
        .outerjoin(presence, presence.c.device_id == device.c.id)
        .where(COUNTS)
        .group_by(device.c.site_id)
        .subquery()
    )
    lacks = (devices.c.is_on.is_(None), "not_enrolled"), (devices.c.is_on == 0, "off")
    why = case(
        (participation.c.id.is_(None), "left_roster"),
        (campaign_site.c.reason != "", campaign_site.c.reason),
        *(lacks if is_by_devices else ()),
        else_="" if is_by_devices else NOT_REHEARSED,
    )
    query = (
        _of(sight, found.id, why, func.count())
        .outerjoin(devices, devices.c.site_id == campaign_site.c.site_id)
        .outerjoin(participation, _takes_part(found))
        .where(campaign_site.c.outcome.is_(None))
    )
    rows = sight.connection.execute(query.group_by(why))
    return dict(sorted(((reason, n) for reason, n in rows), key=lambda row: (-row[1], row[0] == "", row[0])))


def page(sight: Sight, found: Campaign, outcome: str | None, reason: str | None, number: int = 1) -> list[Entry]:
    """Return a page of a campaign's sites with this outcome and reason, None: any; in the order of their waves."""
    columns = (
        *(site.c.id, site.c.code, site.c.name, unit.c.name, _province.c.name, participation.c.role),
        *(campaign_site.c.wave, _outcome, campaign_site.c.reason, campaign_site.c.report_id, campaign_site.c.ended_at),
    )
    query = (
        _of(sight, found.id, *columns)
        .join(site, site.c.id == campaign_site.c.site_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(_province, _province.c.id == unit.c.parent_id)
        .outerjoin(participation, _takes_part(found))
        .order_by(campaign_site.c.wave, site.c.name_key, site.c.id)
    )
    if outcome is not None:
        query = query.where(_outcome == outcome)
    if reason is not None:
        query = query.where(campaign_site.c.reason == reason)
    rows = sight.connection.execute(page_of(query, number))
    return [Entry(*row) for row in rows]


def moved_bytes(sight: Sight, found: Campaign) -> int:
    """Return what the tests of a campaign's sites have moved, as the probe servers tell."""
    if found.started_at is None:
        return 0
    sites = select(campaign_site.c.site_id).where(campaign_site.c.campaign_id == found.id)
    query = (
        select(func.sum(slot.c.sent_bytes + slot.c.received_bytes))
        .join(device, device.c.id == slot.c.device_id)
        .where(device.c.site_id.in_(sites), sight.site(device.c.site_id), slot.c.purpose == "schedule")
        .where(slot.c.at >= found.started_at, slot.c.at <= (found.ended_at or found.closes_at))
    )
    return int(sight.connection.scalar(query) or 0)


def _of(sight: Sight, campaign_id: int, *columns: Any) -> Select[Any]:
    """Select columns over the sites of a campaign that are seen."""
    is_seen = sight.site(campaign_site.c.site_id)
    return select(*columns).select_from(campaign_site).where(campaign_site.c.campaign_id == campaign_id, is_seen)


def _takes_part(found: Campaign) -> ColumnElement[bool]:
    return and_(participation.c.site_id == campaign_site.c.site_id, participation.c.session_id == found.session_id)
