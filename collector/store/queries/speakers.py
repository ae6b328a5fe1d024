"""The interactive sites of a session as those who decide see them: proof, backup, conclusion, place in the order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from collector.dryrun import backups
from collector.dryrun.conclusions import (
    Backup,
    Conclusion,
    Part,
    SessionConclusion,
    conclude,
    conclude_session,
    level_at,
)
from collector.dryrun.demand import Key, usual_delivery
from collector.judge.judge import judge
from collector.judge.policy import Policy
from collector.judge.presence import Explained
from collector.judge.situation import Line, Situation
from collector.judge.verdict import Verdict
from collector.store.intake.situations import Known, known
from collector.store.queries import presences
from collector.store.queries.capacity import Row, capacities, states_of
from collector.store.queries.standings import of_session, read_verdicts
from collector.store.queries.units import province_id
from collector.store.scope import Sight
from collector.store.tables import presence, standing
from provisioning.store.tables import backup, device, event, line, participation, provider, session, site, unit


class Fallback(NamedTuple):
    """A site's backup: what it is, its level by its own test, and how old the oldest of its evidence is."""

    kind: str  # device, venue
    device: str | None  # the device's name, of kind device; None: any spare of the site
    venue: str | None  # the venue's name and code, of kind venue
    venue_code: str | None
    note: str
    level: str
    verdicts: tuple[Verdict, ...]
    proven_at: int | None


class Speaker(NamedTuple):
    """An interactive site: its level and the age of its proof, who is connected, its backup, and what is concluded."""

    participation_id: int
    site_id: int
    code: str
    name: str
    unit_id: int
    order: int | None
    medium: str
    level: str
    verdicts: tuple[Verdict, ...]
    proven_at: int | None  # when the oldest of the evidence that it rests on was measured; None: on none
    presence: Explained
    heard_at: int | None  # when any of its devices last said anything
    backup: Fallback | None
    conclusion: Conclusion


class Concluded(NamedTuple):
    """The interactive sites of a session, in the speakers' order and then the others, and the session as a whole."""

    speakers: tuple[Speaker, ...]
    whole: SessionConclusion
    speaking: int | None


def conclude_all(
    sight: Sight, session_id: int, policy: Policy, now: int, sheet: Sequence[Row] | None = None
) -> Concluded:
    """Conclude of every interactive site that is seen, and of the session as far as it is seen.

    sheet: the session's capacity sheet, where it is at hand.
    """
    connection = sight.connection
    starts_at, speaking, bitrate_mbps = connection.execute(
        select(session.c.starts_at, session.c.speaking, event.c.bitrate_mbps)
        .join(event, event.c.id == session.c.event_id)
        .where(session.c.id == session_id)
    ).one()
    rows = _rows(sight, session_id)
    site_ids = [row.site_id for row in rows]
    told = _Told(
        known(connection, {*site_ids, *(row.venue_id for row in rows if row.venue_id is not None)}),
        _lines(connection, {row.backup_line_id for row in rows if row.backup_line_id is not None}),
        states_of(capacities(sight, session_id) if sheet is None else sheet),
        presences.of_sites(sight, site_ids, now),
        _heard(connection, site_ids),
        starts_at,
        bitrate_mbps,
    )
    speakers = tuple(_speaker(row, told, policy, now) for row in rows)
    whole = conclude_session([one.conclusion for one in speakers], told.capacities.values())
    return Concluded(speakers, whole, speaking)


class _Told(NamedTuple):
    """What was read for all sites at once, by site, line or line of the capacity sheet."""

    places: Mapping[int, Known]
    lines: Mapping[int, Line]
    capacities: Mapping[Key, str]
    presences: Mapping[int, Explained]
    heard: Mapping[int, int]
    starts_at: int
    bitrate_mbps: float


def _speaker(row: Any, told: _Told, policy: Policy, now: int) -> Speaker:
    place = told.places[row.site_id]
    situation = Situation(row.id, row.site_id, row.role, row.medium, told.starts_at, told.bitrate_mbps, *place)
    behind = _backup(row, situation, told, policy, now)
    verdicts = read_verdicts(row.verdicts)
    if row.due_at is not None and row.due_at <= now:  # by evidence grown old, or a gate that came since
        verdicts = judge(situation, policy, now).verdicts
    as_viewer = judge(situation._replace(role="view"), policy, now).verdicts
    key = Key(row.province_id, row.medium, row.delivery or usual_delivery(row.medium))
    part = Part(row.site_id, verdicts, as_viewer, behind, told.capacities.get(key, "unconfirmed"))
    return Speaker(
        participation_id=row.id,
        site_id=row.site_id,
        code=row.code,
        name=row.name,
        unit_id=row.unit_id,
        order=row.speaking_order,
        medium=row.medium,
        level=level_at(verdicts, now),
        verdicts=verdicts,
        proven_at=_proven_at(verdicts, place),
        presence=told.presences[row.site_id],
        heard_at=told.heard.get(row.site_id),
        backup=None if behind is None else _fallback(row, behind, told, now),
        conclusion=conclude(part, now),
    )


def _backup(row: Any, situation: Situation, told: _Told, policy: Policy, now: int) -> Backup | None:
    """Return a site's backup by its own test; None: it has none."""
    if row.kind is None:
        return None
    if row.kind == "venue":
        there = told.places.get(row.venue_id)
        at_venue = [] if there is None else [situation._replace(**there._asdict())]
        return Backup("venue", backups.best(at_venue, policy, now), row.venue_id)
    spares = backups.of_spares(situation, row.device_id, told.lines.get(row.backup_line_id))
    return Backup("device", backups.best(spares, policy, now))


def _fallback(row: Any, behind: Backup, told: _Told, now: int) -> Fallback:
    level = level_at(behind.verdicts, now)
    proven_at = _proven_at(behind.verdicts, told.places[behind.venue_id or row.site_id])
    return Fallback(
        behind.kind, row.backup_device, row.venue, row.venue_code, row.note, level, behind.verdicts, proven_at
    )


def _rows(sight: Sight, session_id: int) -> list[Any]:
    venue, spare = site.alias("venue"), device.alias("spare")
    columns = (
        *(participation.c.id, participation.c.site_id, participation.c.role, participation.c.medium),
        *(participation.c.delivery, participation.c.speaking_order, site.c.code, site.c.name, site.c.unit_id),
        *(province_id.label("province_id"), standing.c.verdicts, standing.c.due_at),
        *(backup.c.kind, backup.c.device_id, backup.c.venue_id, backup.c.line_id.label("backup_line_id")),
        *(func.coalesce(backup.c.note, "").label("note"), spare.c.name.label("backup_device")),
        *(venue.c.name.label("venue"), venue.c.code.label("venue_code")),
    )
    query = (
        of_session(sight, session_id, *columns)
        .join(site, site.c.id == participation.c.site_id)
        .join(unit, unit.c.id == site.c.unit_id)
        .outerjoin(standing, standing.c.participation_id == participation.c.id)
        .outerjoin(backup, backup.c.participation_id == participation.c.id)
        .outerjoin(spare, spare.c.id == backup.c.device_id)
        .outerjoin(venue, venue.c.id == backup.c.venue_id)
        .where(participation.c.role == "interactive")
        .order_by(participation.c.speaking_order.is_(None), participation.c.speaking_order, participation.c.site_id)
    )
    return list(sight.connection.execute(query))


def _proven_at(verdicts: Iterable[Verdict], place: Known) -> int | None:
    measured = {one.id: one.measured_at for one in place.evidence}
    ages = [measured[one.evidence_id] for one in verdicts if one.evidence_id in measured]
    return min(ages, default=None)


def _lines(connection: Connection, line_ids: Collection[int]) -> dict[int, Line]:
    query = (
        select(
            *(line.c.id, provider.c.code, line.c.download_mbps, line.c.upload_mbps),
            *(line.c.paid_by, line.c.kind, line.c.consented_mb),
        )
        .join(provider, provider.c.id == line.c.provider_id)
        .where(line.c.id.in_(line_ids))
    )
    return {row[0]: Line(*row) for row in connection.execute(query)} if line_ids else {}


def _heard(connection: Connection, site_ids: Collection[int]) -> dict[int, int]:
    query = (
        select(device.c.site_id, func.max(presence.c.heard_at))
        .join(presence, presence.c.device_id == device.c.id)
        .where(device.c.site_id.in_(site_ids), presences.COUNTS)
        .group_by(device.c.site_id)
    )
    return {site_id: heard_at for site_id, heard_at in connection.execute(query)}
