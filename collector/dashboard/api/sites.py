"""The sites of a session, filtered and paged."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from collector.dashboard.api.asking import (
    After,
    Chosen,
    Level,
    Levels,
    Limit,
    Medium,
    Owner,
    OwnerName,
    Page,
    Role,
    UnitCode,
)
from collector.dashboard.listed import count
from collector.dashboard.render import Seeing, now
from collector.dashboard.words import iso
from collector.judge.verdict import Verdict
from collector.store.queries import presences, sites
from collector.store.queries.filters import MOST_WORDS, Filter, conditions


class Reason(BaseModel):
    """One thing that a site is judged by and that is not ready."""

    fact: str = Field(description="What was looked at: line, path, host, ...")
    metric: str = Field(description="What of it; empty: the whole fact.")
    level: Level
    reason: str = Field(description="Code of the reason; docs/rules.md says what each means.")
    owner: Owner = Field(description="Whose turn it is.")


class Site(BaseModel):
    """A site as it stands in the session."""

    code: str
    name: str
    unit: str = Field(description="Code of the unit that it lies in.")
    unit_name: str
    province_name: str | None
    role: Role
    medium: Medium
    seats: int | None
    schools: int = Field(description="How many schools meet there.")
    provider: str | None = Field(description="Who carries the line.")
    level: Level
    since: str | None = Field(description="Since when it stands so, ISO 8601 UTC; null: never judged.")
    presence: str = Field(description="connected, asleep, stopped, off_hours, power_cut, lost or never.")
    reasons: list[Reason]


class Sites(Page):
    """A page of sites, in the order in which they entered the session."""

    found: int = Field(description="How many sites the filter leaves in all.")
    items: list[Site]


def show(
    request: Request,
    sight: Seeing,
    session: Chosen,
    level: Levels = (),
    owner: OwnerName = None,
    role: Annotated[Role | None, Query(description="Only sites of this role.")] = None,
    medium: Annotated[Medium | None, Query(description="Only sites of this medium.")] = None,
    unit: UnitCode = None,
    q: Annotated[
        str,
        Query(
            max_length=100,
            description=f"At most {MOST_WORDS} words of name, code, district or province; marks may be left out.",
        ),
    ] = "",
    after: After = 0,
    limit: Limit = 100,
) -> Sites:
    """List the sites that the filter leaves; with an owner, `level` is that of the owner's own reasons."""
    chosen = Filter(
        levels=tuple(level), owner=owner or "", role=role or "", text=q, unit=unit or "", medium=medium or ""
    )
    where = conditions(sight, session.id, chosen, now(request))
    rows = sites.following(sight, session.id, where, after, limit + 1)
    shown = rows[:limit]
    found = presences.of_sites(sight, [row.site_id for row in shown], now(request))
    return Sites(
        session=session.id,
        next=shown[-1].participation_id if len(rows) > limit else None,
        found=count(request.app.state.readings, sight, session.id, chosen, where),
        items=[_site(row, found[row.site_id].kind) for row in shown],
    )


def _site(row: sites.Row, presence: str) -> Site:
    return Site(
        code=row.code,
        name=row.name,
        unit=row.unit_code,
        unit_name=row.unit,
        province_name=row.province,
        role=Role(row.role),
        medium=Medium(row.medium),
        seats=row.seats,
        schools=row.schools,
        provider=row.provider,
        level=Level(row.level),
        since=None if row.since_at is None else iso(row.since_at),
        presence=presence,
        reasons=[reason_of(verdict) for verdict in row.verdicts if verdict.level != "ready"],
    )


def reason_of(verdict: Verdict) -> Reason:
    """Return a verdict as the API tells it."""
    return Reason(
        fact=verdict.fact,
        metric=verdict.metric,
        level=Level(verdict.level),
        reason=verdict.reason,
        owner=Owner(verdict.owner),
    )
