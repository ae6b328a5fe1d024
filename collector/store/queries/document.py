"""What probe servers must know, read from the registry in a few queries, however many devices there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, not_, null, select

from collector.dryrun.campaign import LINGERS_US, Campaign
from collector.judge.calendar import Spans
from collector.judge.needs import needs
from collector.judge.policy import Policy
from collector.probe_server.document import Client, Document, DryRun, Needs, Wave
from collector.store import campaigns, line_tests, policies
from collector.store.queries import openings
from collector.store.tables import campaign_site
from contract.probing import DirectionNeed, Stream
from provisioning.prefix_file import list_prefixes
from provisioning.store.tables import change, device, event, line, participation, session, site, unit

KINDS = (
    "site",
    "device",
    "participation",
    "session",
    "policy",
    "prefix",
    line_tests.KIND,
    campaigns.KIND,
    "holiday",
    "power_cut",
)  # changes that a document may tell of
_MOST_ENDED = 1 << 10  # sessions that are told apart by a version

_GLANCE = Stream(packets_per_s=50, packets=500, up_bytes=44, down_bytes=44)
_STREAM_S = 10
_PACKET_BYTES = 1200
_MOST_PACKETS_PER_S = 2_000
_MB = 1_000_000
_LEAST_BYTES, _MOST_BYTES = 44, 1_400


class Mark(NamedTuple):
    """How far the change rows were read: the last one, and the last that a document may tell of."""

    read: int = 0
    relevant: int = 0


class Part(NamedTuple):
    """A part in a session, as far as it decides what a line must carry."""

    role: str
    medium: str
    bitrate_mbps: float


def mark(connection: Connection, since: Mark) -> Mark:
    """Return how far the change rows go now."""
    newer = change.c.id > since.read
    read = connection.scalar(select(func.max(change.c.id)).where(newer))
    relevant = connection.scalar(select(func.max(change.c.id)).where(newer, change.c.kind.in_(KINDS)))
    # Who has read nothing yet does not know what was pruned, and a version that goes back is believed by nobody.
    pruned = 0 if since.read else (connection.scalar(select(func.min(change.c.id))) or 1) - 1
    return Mark(read or since.read, relevant or since.relevant or pruned)


def version(connection: Connection, mark: Mark, now: int) -> int:
    """Return the version of the document of now: it grows with each change, and when a session ends."""
    ended = connection.scalar(select(func.count()).where(session.c.ends_at <= now)) or 0
    return mark.relevant * _MOST_ENDED + min(ended, _MOST_ENDED - 1)


def build(connection: Connection, version: int, now: int) -> Document:
    """Return the document of now."""
    policy = policies.live(connection)
    parts = _parts(connection, policy, now)
    asked = list(dict.fromkeys(part for part, _ in parts))
    most = (
        select(participation.c.site_id, func.max(_rank(parts, now)).label("rank"))
        .join(session, session.c.id == participation.c.session_id)
        .join(event, event.c.id == session.c.event_id)
        .group_by(participation.c.site_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            *(device.c.name, device.c.generation, device.c.is_spare),
            *(site.c.id, site.c.unit_id, most.c.rank, line.c.consented_mb),
        )
        .join(site, site.c.id == device.c.site_id)
        .outerjoin(line, line.c.id == site.c.line_id)
        .outerjoin(most, most.c.site_id == site.c.id)
        .where(device.c.state == "active")
    )
    found = campaigns.in_force(connection, now)
    waves = _waves(connection, found)
    windows = {} if found is None or not waves else _windows(connection, found, now)
    spans = [*dict.fromkeys(windows.values())]
    openings_of = {site_id: spans.index(one) for site_id, one in windows.items()}
    units = _units(connection)
    numbers = [asked.index(part) for part, _ in parts]
    devices = {
        name: Client(
            generation,
            numbers[rank] if rank is not None else None,
            units[unit_id],
            consented_mb * _MB if consented_mb is not None else None,
            waves.get((site_id, is_spare)),
            openings_of.get(site_id),
        )
        for name, generation, is_spare, site_id, unit_id, rank, consented_mb in rows.all()
    }
    return Document(
        version=version,
        needs=tuple(needs_of(policy, part) for part in asked),
        devices=devices,
        prefixes=tuple((str(network), code) for network, code in list_prefixes(connection)),
        dry_run=_dry_run(found, spans),
        is_stopped=line_tests.is_stopped(connection),
    )


def _dry_run(found: Campaign | None, spans: Sequence[Spans]) -> DryRun | None:
    if found is None or "line" not in found.checks:
        return None
    return DryRun(
        id=found.code,
        state="running" if found.state == "running" else "paused" if found.state == "paused" else "stopped",
        began_at=found.began_at,
        until_at=found.closes_at if found.ended_at is None else found.ended_at + LINGERS_US,
        again_s=found.prediction.spread_s,
        waves=tuple(Wave(wave.opens_s, wave.spread_s) for wave in found.prediction.waves),
        openings=tuple(spans),
    )


def _windows(connection: Connection, found: Campaign, now: int) -> dict[int, Spans]:
    """Return when the campaign may test those of its sites that it may not test all the while."""
    of_it = select(campaign_site.c.site_id).where(campaign_site.c.campaign_id == found.id)
    told = openings.of_sites(connection, of_it, found, now)
    always = ((now, found.closes_at),)
    return {site_id: one.spans for site_id, one in told.items() if one.spans != always}


def _waves(connection: Connection, found: Campaign | None) -> dict[tuple[int, bool], int]:
    """Return by (site id, is spare) the wave of the devices that the campaign is not done with.

    A spare has a test of its own: that another device has settled its site says nothing of it.
    """
    if found is None or "line" not in found.checks:
        return {}
    of_it = select(campaign_site.c.site_id, campaign_site.c.wave, campaign_site.c.outcome)
    rows = connection.execute(of_it.where(campaign_site.c.campaign_id == found.id, campaigns.takes_part(found)))
    without_result = None if found.ended_at is None else "not_done"
    return {
        (site_id, is_spare): wave
        for site_id, wave, outcome in rows
        for is_spare in (False, True)
        if is_spare or outcome == without_result
    }


def _parts(connection: Connection, policy: Policy, now: int) -> list[tuple[Part, bool]]:
    """Return the parts that sites take, each with whether it is yet to come; the one that asks most of a line last."""
    rows = connection.execute(
        select(participation.c.role, participation.c.medium, event.c.bitrate_mbps, session.c.ends_at > now)
        .join(session, session.c.id == participation.c.session_id)
        .join(event, event.c.id == session.c.event_id)
        .distinct()
    )
    asks = {(part := Part(*row[:3]), bool(row[3])): _asked_mbps(policy, part) for row in rows}
    return sorted((key for key, mbps in asks.items() if mbps > 0), key=lambda key: (key[1], asks[key], key[0]))


def _rank(parts: list[tuple[Part, bool]], now: int) -> ColumnElement[Any]:
    """Return in SQL which of the parts a participation is; null: one that asks nothing of a line."""
    if not parts:
        return null()
    is_coming = session.c.ends_at > now
    return case(
        *(
            (
                and_(
                    *(participation.c.role == part.role, participation.c.medium == part.medium),
                    *(event.c.bitrate_mbps == part.bitrate_mbps, is_coming if comes else not_(is_coming)),
                ),
                number,
            )
            for number, (part, comes) in enumerate(parts)
        ),
        else_=null(),
    )


def _asked_mbps(policy: Policy, part: Part) -> float:
    """Return what both directions need; 0 when one has no limit: then there is nothing to test a line for."""
    both = needs(policy, *part)
    return sum(way.ready_mbps for way in both) if all(way.ready_mbps > 0 for way in both) else 0.0


def _units(connection: Connection) -> dict[int, tuple[str, ...]]:
    """Return for each unit the codes of those it lies in and its own."""
    province = unit.alias("province")
    rows = connection.execute(
        select(unit.c.id, province.c.code, unit.c.code).outerjoin(province, province.c.id == unit.c.parent_id)
    )
    return {unit_id: (code,) if parent is None else (parent, code) for unit_id, parent, code in rows}


def needs_of(policy: Policy, part: Part) -> Needs:
    """Return what a part needs, and by what stream the path is measured: two-way at the event's rate if it speaks."""
    need = needs(policy, *part)
    is_watched = part.role == "view"
    return Needs(
        download=DirectionNeed(**need.download._asdict()),
        upload=DirectionNeed(**need.upload._asdict()),
        bitrate_mbps=part.bitrate_mbps,
        is_watched=is_watched,
        is_thorough=not is_watched,
        stream=_GLANCE if is_watched else _stream(part.bitrate_mbps, need.upload.ready_mbps),
    )


def _stream(bitrate_mbps: float, upload_mbps: float) -> Stream:
    bytes_per_s = bitrate_mbps * 1e6 / 8
    packets_per_s = min(_MOST_PACKETS_PER_S, max(1, round(bytes_per_s / _PACKET_BYTES)))
    return Stream(
        packets_per_s=packets_per_s,
        packets=packets_per_s * _STREAM_S,
        up_bytes=_packet_bytes(min(bytes_per_s, upload_mbps * 1e6 / 8), packets_per_s),
        down_bytes=_packet_bytes(bytes_per_s, packets_per_s),
    )


def _packet_bytes(bytes_per_s: float, packets_per_s: int) -> int:
    return min(_MOST_BYTES, max(_LEAST_BYTES, math.ceil(bytes_per_s / packets_per_s)))
