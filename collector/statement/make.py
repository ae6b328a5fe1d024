"""Reads what a statement states: in one transaction, so that it is of one moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from collector.judge.gates import gate_in_force
from collector.judge.verdict import Verdict
from collector.statement.body import Body, Capacity, Finding, Interactive, Site
from collector.store import policies
from collector.store.queries import site as site_queries
from collector.store.queries import sites, units
from collector.store.queries.capacity import capacities
from collector.store.queries.proofs import proofs
from collector.store.queries.sessions import Session
from collector.store.queries.speakers import Speaker, conclude_all
from collector.store.scope import Sight
from contract.reasons import LEVELS


class Place(NamedTuple):
    """The province that a statement is of."""

    unit_id: int
    code: str
    name: str


def make(sight: Sight, session: Session, place: Place | None, now: int) -> Body:
    """Return the body of a statement of all that the sight shows, of a province or of the country."""
    in_force = units.on_day(sight.connection, units.day_of(sight.connection, session.id))
    province_of = {one.id: in_force.get(one.parent_id or 0, one) for one in in_force.values()}
    code_of = {unit_id: province.code for unit_id, province in province_of.items()}
    policy = policies.live(sight.connection)
    sheet = capacities(sight, session.id)
    concluded = conclude_all(sight, session.id, policy, now, sheet)
    gate = gate_in_force(session.starts_at, now)
    speakers = {one.participation_id: one for one in concluded.speakers}
    rows = tuple(_sites(sight, session.id, {one.code: code_of[one.id] for one in in_force.values()}, speakers))
    found = {row.province for row in rows}
    return Body(
        event=session.event,
        session=session.name,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        gate=gate.name,
        gate_at=session.starts_at if gate.until is None else gate.until,
        as_of=now,
        policy=policy.sha256,
        unit=place.code if place else None,
        unit_name=place.name if place else "",
        conclusion=concluded.whole.code,
        conclusion_reasons=concluded.whole.reasons,
        provinces={one.code: one.name for one in in_force.values() if one.parent_id is None and one.code in found},
        interactive=tuple(_interactive(one, code_of) for one in concluded.speakers),
        capacities=tuple(
            Capacity(
                code_of[row.key.unit_id],
                row.key.medium,
                row.key.delivery,
                row.needed.sites,
                row.needed.peak_mbps,
                row.confirmed.mbps if row.confirmed else None,
                row.confirmed.by if row.confirmed else "",
                row.confirmed.at if row.confirmed else None,
                row.state,
            )
            for row in sheet
        ),
        proofs=tuple(proofs(sight, session.id)),
        sites=rows,
    )


def _sites(
    sight: Sight, session_id: int, province_of: Mapping[str, str], speakers: Mapping[int, Speaker]
) -> Iterator[Site]:
    """Yield the sites; how one that speaks stands is told as the conclusion on it has it."""
    for rows in sites.everything(sight, session_id, [], "province"):
        contacts = site_queries.contacts_of_sites(sight, [row.site_id for row in rows])
        for row in rows:
            stands = speakers.get(row.participation_id, row)
            yield Site(
                code=row.code,
                name=row.name,
                province=province_of[row.unit_code],
                district=row.unit if row.province else "",
                role=row.role,
                medium=row.medium,
                seats=row.seats or 0,
                schools=row.schools,
                provider=row.provider or "",
                line=row.line_code or "",
                contact="; ".join(one.name for one in contacts.get(row.site_id, [])),
                level=stands.level,
                findings=_findings(stands.verdicts),
            )


def _findings(verdicts: tuple[Verdict, ...]) -> tuple[Finding, ...]:
    """Return what is not ready, the worst first."""
    found = [one for one in verdicts if one.level != "ready"]
    found.sort(key=lambda one: -LEVELS.index(one.level))
    return tuple(Finding(one.fact, one.metric, one.level, one.reason, one.owner, one.params) for one in found)


def _interactive(one: Speaker, code_of: dict[int, str]) -> Interactive:
    back = one.backup
    return Interactive(
        site=one.code,
        name=one.name,
        province=code_of[one.unit_id],
        order=one.order,
        level=one.level,
        conclusion=one.conclusion.code,
        action=one.conclusion.action,
        reasons=one.conclusion.reasons,
        venue=back.venue or "" if back and one.conclusion.action == "move_to_venue" else "",
        backup=back.kind if back else "",
        backup_level=back.level if back else "",
        proven_at=one.proven_at,
    )
