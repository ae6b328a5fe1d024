"""Which sites a campaign takes, and how far it has come."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from collector.dryrun.selection import Selection
from collector.store.queries.presences import COUNTS
from collector.store.queries.units import within
from collector.store.scope import Sight
from collector.store.tables import campaign_site, presence
from provisioning.store.tables import device, line, participation, site

_NOT_CARRIED = ("fails", "unsure", "not_done")


class Device(NamedTuple):
    """A device whose test counts for its site."""

    name: str
    is_connected: bool


class Chosen(NamedTuple):
    """A site that a campaign takes."""

    site_id: int
    role: str
    is_hard_to_reach: bool
    needs_consent: bool  # its line is mobile, and nobody has agreed to spend its bytes
    devices: tuple[Device, ...]


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
            campaign_site.c.campaign_id == selection.not_carried_in, campaign_site.c.outcome.in_(_NOT_CARRIED)
        )
        found.append(site.c.id.in_(earlier))
    return found


def _devices(connection: Connection) -> dict[int, list[Device]]:
    found: dict[int, list[Device]] = defaultdict(list)
    rows = connection.execute(
        select(device.c.site_id, device.c.name, presence.c.state)
        .outerjoin(presence, presence.c.device_id == device.c.id)
        .where(COUNTS)
    )
    for site_id, name, state in rows:
        found[site_id].append(Device(name, state == "connected"))
    return found


def count_outcomes(sight: Sight, campaign_id: int) -> dict[tuple[str, str], int]:
    """Return how many sites there are of each (outcome, reason); outcome "": still open."""
    columns = func.coalesce(campaign_site.c.outcome, ""), campaign_site.c.reason
    query = select(*columns, func.count()).where(
        campaign_site.c.campaign_id == campaign_id, sight.site(campaign_site.c.site_id)
    )
    return {(outcome, reason): n for outcome, reason, n in sight.connection.execute(query.group_by(*columns))}
