"""What becomes of a campaign's sites: results as evidence comes, and at the end a reason for each that has none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, and_, bindparam, or_, select, update

from collector.dryrun.campaign import Campaign
from collector.dryrun.checks import NOT_REHEARSED, Seen, ask_devices, facts_of, result_of
from collector.store import campaigns
from collector.store.queries import openings
from collector.store.queries.presences import COUNTS
from collector.store.tables import campaign_site, evidence, presence
from contract.clock import DAY_US
from provisioning.store.tables import device, participation

_LATE_US = DAY_US  # a report that was spooled comes so long after the end and counts


def settle(connection: Connection, site_ids: Collection[int], now: int) -> list[tuple[str, int]]:
    """Take note of what the evidence of these sites says about campaigns; return the change rows that tell of it."""
    if not site_ids:
        return []
    begun = campaigns.begun(connection, now - _LATE_US)
    return [(campaigns.PROGRESS, found.id) for found in begun if _settle(connection, found, site_ids, now)]


def _settle(connection: Connection, found: Campaign, site_ids: Collection[int], now: int) -> bool:
    stood = select(campaign_site.c.site_id, campaign_site.c.outcome, campaign_site.c.reason, participation.c.role).join(
        participation,
        and_(participation.c.site_id == campaign_site.c.site_id, participation.c.session_id == found.session_id),
    )
    ours = stood.where(campaign_site.c.campaign_id == found.id, campaign_site.c.site_id.in_(site_ids))
    # Held until this ends: else a reason alone could open a row again that a stop has just given its own.
    rows = connection.execute(ours.order_by(campaign_site.c.site_id).with_for_update(of=campaign_site)).all()
    seen = _seen(connection, found, [row.site_id for row in rows])
    changed = []
    for row in rows:
        result = result_of(found.checks, row.role, seen[row.site_id])
        outcome = result.outcome or None
        is_news = (outcome, result.reason) != (row.outcome, row.reason)
        if is_news and (outcome is not None or (row.outcome is None and result.reason)):
            changed.append({"site": row.site_id, **result._asdict(), "outcome": outcome, "ended": now})
    _write(connection, found.id, changed)
    return bool(changed)


def _seen(connection: Connection, found: Campaign, site_ids: Collection[int]) -> dict[int, list[Seen]]:
    """Return what was found out about sites while the campaign went on, by devices that are no spares."""
    seen: dict[int, list[Seen]] = defaultdict(list)
    e = evidence.c
    rows = connection.execute(
        select(e.site_id, e.fact, e.findings, e.failure, e.measured_at, e.report_id)
        .outerjoin(device, device.c.id == e.device_id)
        .where(
            e.site_id.in_(site_ids),
            e.fact.in_(facts_of(found.checks)),
            e.measured_at >= found.started_at,
            e.measured_at <= (found.ended_at or found.closes_at),
            or_(e.device_id.is_(None), COUNTS),
        )
    )
    for site_id, fact, findings, failure, measured_at, report_id in rows:
        seen[site_id].append(Seen(fact, _json(findings), _json(failure), measured_at, report_id))
    return seen


def reasons(connection: Connection, found: Campaign, without_result: str) -> dict[int, str]:
    """Return why each site that is still open has no result; `without_result`: where nothing else held it up."""
    is_open = (campaign_site.c.campaign_id == found.id) & campaign_site.c.outcome.is_(None)
    open_ones = select(campaign_site.c.site_id, campaign_site.c.reason).where(is_open)
    rows = connection.execute(open_ones.order_by(campaign_site.c.site_id)).all()  # in the order in which all write them
    taking_part = set(
        connection.scalars(select(participation.c.site_id).where(participation.c.session_id == found.session_id))
    )
    states: dict[int, set[str | None]] = defaultdict(set)
    known = select(device.c.site_id, presence.c.state).outerjoin(presence, presence.c.device_id == device.c.id)
    for site_id, state in connection.execute(known.where(COUNTS)):
        states[site_id].add(state)
    is_theirs = select(campaign_site.c.site_id).where(is_open)
    windows = openings.of_sites(connection, is_theirs, found, found.started_at or found.opens_at)
    told = {}
    for site_id, reason in rows:
        if site_id not in taking_part:
            why = "left_roster"
        elif not ask_devices(found.checks):
            why = reason or NOT_REHEARSED
        elif site_id not in states:
            why = "not_enrolled"
        elif reason or windows[site_id].reason:
            why = reason or windows[site_id].reason
        else:
            why = without_result if "connected" in states[site_id] else "off"
        told[site_id] = why
    return told


def close(connection: Connection, found: Campaign, told: dict[int, str], now: int) -> None:
    """Give those of these sites that are open even now their reason."""
    values = [{"site": site_id, "why": why} for site_id, why in told.items()]
    is_open = and_(campaign_site.c.campaign_id == found.id, campaign_site.c.outcome.is_(None))
    ours = update(campaign_site).where(is_open, campaign_site.c.site_id == bindparam("site"))
    if values:
        connection.execute(ours.values(outcome="not_done", reason=bindparam("why"), ended_at=now), values)


def finish(connection: Connection, now: int) -> list[tuple[str, int]]:
    """End the campaign whose window is over, or that has nothing left to do; return the change rows that tell of it."""
    found = campaigns.going_on(connection)
    if found is None:
        return []
    is_open = (campaign_site.c.campaign_id == found.id) & campaign_site.c.outcome.is_(None)
    open_ones = select(campaign_site.c.site_id).where(is_open, campaigns.takes_part(found))
    if connection.scalar(open_ones.limit(1)) is not None and now < found.closes_at:
        return []
    campaigns.hold(connection)
    if campaigns.going_on(connection) is None:  # somebody has just stopped it
        return []
    close(connection, found, reasons(connection, found, "no_turn"), now)
    over = {"state": "ended", "ended_at": now, "paused_at": None}
    campaigns.change(connection, found.id, "end", over, "ingest", now)
    return [(campaigns.PROGRESS, found.id)]


def _write(connection: Connection, campaign_id: int, changed: list[dict[str, Any]]) -> None:
    if changed:
        ours = (campaign_site.c.campaign_id == campaign_id) & (campaign_site.c.site_id == bindparam("site"))
        columns: dict[str, Any] = {name: bindparam(name) for name in ("outcome", "reason", "report_id")}
        connection.execute(update(campaign_site).where(ours).values(**columns, ended_at=bindparam("ended")), changed)


def _json(text: str | None) -> Any:
    return None if text is None else from_json(text)
