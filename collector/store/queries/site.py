"""Everything that is known of one site: who carries it, how it stands in a session, its evidence and devices."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, func, or_, select

from collector.judge import situation
from collector.judge.verdict import Verdict
from collector.probe_server.ledger.leases import MOST_SLOT_S
from collector.store.queries.standings import level, of_session, read_verdicts
from collector.store.scope import Sight
from collector.store.tables import campaign, campaign_site, command, evidence, presence, slot, standing
from contract.clock import SECOND_US
from provisioning.store.tables import contact, device, line, participation, provider, site, unit

_NEWS_S = 10  # until the centre hears of a slot's end, and a probe server's clock may be behind its own by
_HELD_US = (round(MOST_SLOT_S) + _NEWS_S) * SECOND_US


class Site(NamedTuple):
    """A site and the line that carries it; rates in Mbit/s, None when not on the list; a kind not declared is empty."""

    id: int
    code: str
    name: str
    address: str
    hours: str
    unit: str
    province: str | None
    provider: str | None
    provider_code: str | None
    line: str | None
    download_mbps: float | None
    upload_mbps: float | None
    paid_by: str | None
    line_kind: str | None
    consented_mb: int | None


class Standing(NamedTuple):
    """The site in one session: its part, its level and its verdicts."""

    participation_id: int
    role: str
    medium: str
    seats: int | None
    level: str
    verdicts: tuple[Verdict, ...]
    judged_at: int | None


class Evidence(NamedTuple):
    """Where a verdict's evidence comes from and when it was measured."""

    id: int
    source: str
    device: str | None  # None: of the site itself
    measured_at: int
    is_time_uncertain: bool


class Device(NamedTuple):
    """A device of the site, its presence and its latest snapshot; state and times are None before it first spoke."""

    id: int
    name: str
    state: str
    is_spare: bool
    presence: str | None
    since_at: int | None
    heard_at: int | None
    slept_s: int | None
    enrolled_at: int
    snapshot: dict[str, Any] | None


class Asked(NamedTuple):
    """The latest request to a device to measure: when it was made, until when it is repeated, when it was done."""

    made_at: int
    ends_at: int
    done_at: int | None


class Turn(NamedTuple):
    """A device's latest turn to load its line: booked for `due_at`, granted, or ended.

    ending: as a probe server tells it, or `lost`: none was told while it must be over.
    """

    state: str
    at: int
    due_at: int | None
    ending: str | None
    moved_bytes: int
    is_server_limited: bool


class Contact(NamedTuple):
    """Whom to call at the site."""

    name: str
    phone: str


def find(sight: Sight, code: str) -> Site | None:
    """Return the site with this code."""
    province = unit.alias("province")
    query = (
        select(
            *(site.c.id, site.c.code, site.c.name, site.c.address, site.c.hours, unit.c.name, province.c.name),
            *(provider.c.name, provider.c.code, line.c.code, line.c.download_mbps, line.c.upload_mbps),
            *(line.c.paid_by, line.c.kind, line.c.consented_mb),
        )
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(province, province.c.id == unit.c.parent_id)
        .outerjoin(line, line.c.id == site.c.line_id)
        .outerjoin(provider, provider.c.id == line.c.provider_id)
        .where(site.c.code == code, sight.site(site.c.id))
    )
    row = sight.connection.execute(query).first()
    return None if row is None else Site._make(row)


def standing_in(sight: Sight, site_id: int, session_id: int) -> Standing | None:
    """Return how the site stands in a session; None when it takes no part in it."""
    columns = (
        *(participation.c.id.label("participation_id"), participation.c.role, participation.c.medium),
        *(participation.c.seats, level.label("level")),
        *(standing.c.verdicts, standing.c.judged_at),
    )
    query = (
        of_session(sight, session_id, *columns)
        .outerjoin(standing, standing.c.participation_id == participation.c.id)
        .where(participation.c.site_id == site_id)
    )
    row = sight.connection.execute(query).mappings().first()
    return None if row is None else Standing(**{**row, "verdicts": read_verdicts(row["verdicts"])})


def evidence_of(sight: Sight, site_id: int) -> dict[int, Evidence]:
    """Return the site's evidence by id."""
    query = (
        select(
            *(evidence.c.id, evidence.c.source, device.c.name),
            *(evidence.c.measured_at, evidence.c.is_time_uncertain),
        )
        .outerjoin(device, device.c.id == evidence.c.device_id)
        .where(evidence.c.site_id == site_id, sight.site(evidence.c.site_id))
    )
    return {row[0]: Evidence(*row) for row in sight.connection.execute(query)}


def line_test_of(sight: Sight, site_id: int) -> situation.Evidence | None:
    """Return the latest evidence of the site's line that any of its devices in use has measured."""
    return next(iter(_measured(sight, site_id, "line", 1)), None)


def networks_of(sight: Sight, site_id: int) -> list[situation.Evidence]:
    """Return how each of the site's devices in use reaches the network, as last measured."""
    return _measured(sight, site_id, "network")


def _measured(sight: Sight, site_id: int, fact: str, most: int | None = None) -> list[situation.Evidence]:
    e = evidence.c
    query = (
        select(
            *(e.id, e.fact, e.source, e.device_id, device.c.is_spare),
            *(e.findings, e.failure, e.measured_at, e.line_id, e.report_id, e.earlier),
        )
        .join(device, device.c.id == e.device_id)
        .where(e.site_id == site_id, sight.site(e.site_id))
        .where(e.fact == fact, e.findings.is_not(None), device.c.state == "active")
        .order_by(device.c.is_spare, e.measured_at.desc())
        .limit(most)
    )
    return [_evidence(row) for row in sight.connection.execute(query)]


def _evidence(row: Any) -> situation.Evidence:
    read = {name: json.loads(row._mapping[name] or "null") for name in ("findings", "failure", "earlier")}
    return situation.Evidence(**{**row._mapping, **read, "earlier": read["earlier"] or ()})


def provider_names(connection: Connection) -> dict[str, str]:
    """Return the providers' names by their codes."""
    return {code: name for code, name in connection.execute(select(provider.c.code, provider.c.name))}


def devices_of(sight: Sight, site_id: int) -> list[Device]:
    """Return the site's devices, the revoked ones last."""
    query = (
        select(
            *(device.c.id, device.c.name, device.c.state, device.c.is_spare),
            *(presence.c.state, presence.c.since_at, presence.c.heard_at, presence.c.slept_s),
            *(device.c.enrolled_at, presence.c.snapshot),
        )
        .outerjoin(presence, presence.c.device_id == device.c.id)
        .where(device.c.site_id == site_id, sight.site(device.c.site_id))
        .order_by(device.c.state == "revoked", device.c.is_spare, device.c.enrolled_at, device.c.id)
    )
    return [Device(*row[:9], json.loads(row[9] or "null")) for row in sight.connection.execute(query)]


def asked_of(sight: Sight, site_id: int) -> dict[int, Asked]:
    """Return the latest request to each of the site's devices, by device id."""
    latest = (
        select(func.max(command.c.id))
        .join(device, device.c.id == command.c.device_id)
        .where(device.c.site_id == site_id, sight.site(device.c.site_id), command.c.kind == "run")
        .group_by(command.c.device_id)
    )
    columns = (command.c.device_id, command.c.made_at, command.c.ends_at, command.c.done_at)
    query = select(*columns).where(command.c.id.in_(latest))
    return {row[0]: Asked(*row[1:]) for row in sight.connection.execute(query)}


def turns_of(sight: Sight, site_id: int, now: int) -> dict[int, Turn]:
    """Return the latest turn of each of the site's devices, by device id.

    A dry run that is stopped gives up the bookings of its sites, of which probe servers send no news. One that was
    killed never tells how what it held has ended: a turn that was granted too long ago is over, and `lost`.
    """
    moved = slot.c.sent_bytes + slot.c.received_bytes
    stops = (
        select(
            func.max(case((campaign_site.c.outcome == "not_done", campaign.c.ended_at))),
            func.max(campaign.c.ended_at),  # a spare is tested though its site has a result
        )
        .join(campaign_site, campaign_site.c.campaign_id == campaign.c.id)
        .where(campaign.c.state == "stopped", campaign.c.checks.contains('"line"'), campaign_site.c.site_id == site_id)
    )
    of_main, of_spare = (at or 0 for at in sight.connection.execute(stops).one())
    stopped_at = case((device.c.is_spare, of_spare), else_=of_main)
    is_over = and_(slot.c.state == "booked", slot.c.purpose == "schedule", slot.c.at < stopped_at)
    is_lost = and_(slot.c.state == "granted", slot.c.at < now - _HELD_US)
    columns = (
        case((or_(is_over, is_lost), "ended"), else_=slot.c.state),
        case((is_over, stopped_at), else_=slot.c.at),
        slot.c.due_at,
        case((is_over, "stopped"), (is_lost, "lost"), else_=slot.c.ending),
        *(moved, slot.c.is_server_limited),
    )
    query = (
        select(slot.c.device_id, *columns)
        .join(device, device.c.id == slot.c.device_id)
        .where(device.c.site_id == site_id, sight.site(device.c.site_id))
        .order_by(slot.c.at, slot.c.id)
    )
    return {row[0]: Turn(*row[1:]) for row in sight.connection.execute(query)}


def contacts_of_sites(sight: Sight, site_ids: Collection[int]) -> dict[int, list[Contact]]:
    """Return whom to call at each of some sites; a site without a contact is absent."""
    columns = (contact.c.site_id, contact.c.name, contact.c.phone)
    query = select(*columns).where(contact.c.site_id.in_(site_ids), sight.site(contact.c.site_id))
    found: defaultdict[int, list[Contact]] = defaultdict(list)
    for site_id, *whom in sight.connection.execute(query.order_by(contact.c.id)):
        found[site_id].append(Contact(*whom))
    return found
