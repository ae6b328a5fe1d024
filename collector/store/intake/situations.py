"""What the judge must see of some sites: read in four queries, however many sites there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Connection, func, or_, select

from collector.judge.gates import is_live
from collector.judge.situation import Evidence, Line, Presence, Situation
from collector.judge.verdict import Verdict
from collector.store.tables import evidence, presence, standing
from provisioning.store.tables import device, event, line, participation, provider, session, site


class Known(NamedTuple):
    """What is known of a site whatever its part in a session: fields of a situation."""

    line: Line | None
    evidence: tuple[Evidence, ...]
    presence: tuple[Presence, ...]


def known(connection: Connection, site_ids: Collection[int]) -> dict[int, Known]:
    """Return what is known of each of these sites."""
    lines = _lines(connection, site_ids)
    facts = _evidence(connection, site_ids)
    present = _presence(connection, site_ids)
    return {one: Known(lines.get(one), tuple(facts[one]), tuple(present[one])) for one in site_ids}


def load(connection: Connection, site_ids: Collection[int]) -> list[Situation]:
    """Return the situation of every participation of these sites."""
    found = known(connection, site_ids)
    rows = connection.execute(
        select(participation, session.c.starts_at, event.c.bitrate_mbps)
        .join(session, session.c.id == participation.c.session_id)
        .join(event, event.c.id == session.c.event_id)
        .where(participation.c.site_id.in_(site_ids))
    )
    return [
        Situation(
            row.id,
            row.site_id,
            row.role,
            row.medium,
            row.starts_at,
            row.bitrate_mbps,
            *found[row.site_id],
        )
        for row in rows
    ]


def where_presence_counts(connection: Connection, site_ids: Collection[int], now: int) -> set[int]:
    """Return those of these sites that have a part in a session in which it counts by now who is connected."""
    if not site_ids:
        return set()
    parts = select(participation.c.site_id).join(session, session.c.id == participation.c.session_id)
    counts = parts.where(participation.c.site_id.in_(site_ids), is_live(session.c.starts_at, now))
    return set(connection.scalars(counts))


def _lines(connection: Connection, site_ids: Collection[int]) -> dict[int, Line]:
    rows = connection.execute(
        select(
            site.c.id.label("site_id"),
            line.c.id,
            provider.c.code,
            line.c.download_mbps,
            line.c.upload_mbps,
            line.c.paid_by,
            line.c.kind,
            line.c.consented_mb,
        )
        .join(line, line.c.id == site.c.line_id)
        .join(provider, provider.c.id == line.c.provider_id)
        .where(site.c.id.in_(site_ids))
    )
    return {site_id: Line(*told) for site_id, *told in rows}


def _evidence(connection: Connection, site_ids: Collection[int]) -> dict[int, list[Evidence]]:
    found: dict[int, list[Evidence]] = defaultdict(list)
    e = evidence.c
    rows = connection.execute(
        select(
            *(e.site_id, e.id, e.fact, e.source, e.device_id, func.coalesce(device.c.is_spare, False)),
            *(e.findings, e.failure, e.measured_at, e.line_id, e.report_id, e.earlier),
        )
        .outerjoin(device, device.c.id == e.device_id)
        .where(e.site_id.in_(site_ids), or_(e.device_id.is_(None), device.c.state == "active"))
    )
    for site_id, id_, fact, source, device_id, is_spare, findings, failure, measured_at, *rest, earlier in rows:
        told = _json(findings), _json(failure), measured_at, *rest, _json(earlier) or ()
        found[site_id].append(Evidence(id_, fact, source, device_id, is_spare, *told))
    return found


def _presence(connection: Connection, site_ids: Collection[int]) -> dict[int, list[Presence]]:
    found: dict[int, list[Presence]] = defaultdict(list)
    rows = connection.execute(
        select(device.c.site_id, presence.c.device_id, device.c.is_spare, presence.c.state)
        .join(device, device.c.id == presence.c.device_id)
        .where(device.c.site_id.in_(site_ids), device.c.state == "active")
    )
    for row in rows:
        found[row.site_id].append(Presence(row.device_id, row.is_spare, row.state))
    return found


def verdicts(connection: Connection, participation_ids: Collection[int]) -> dict[int, tuple[Verdict, ...]]:
    """Return the standing verdicts of these participations, by participation."""
    rows = connection.execute(
        select(standing.c.participation_id, standing.c.verdicts).where(
            standing.c.participation_id.in_(participation_ids)
        )
    )
    return {row.participation_id: tuple(Verdict(**v) for v in from_json(row.verdicts)) for row in rows}


def _json(text: str | None) -> Any:
    return None if text is None else from_json(text)
