"""The flags that stand in a session: what is not ready, and whose turn it is."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from collector.dashboard.api.asking import After, Chosen, Level, Levels, Limit, Owner, OwnerName, Page, UnitCode
from collector.dashboard.render import Seeing
from collector.dashboard.words import iso
from collector.store.queries import flags


class Flag(BaseModel):
    """A verdict other than ready that stands."""

    id: int
    site: str = Field(description="Code of the site.")
    site_name: str
    fact: str
    metric: str = Field(description="Empty: the whole fact.")
    level: Level
    reason: str
    params: dict[str, Any] = Field(description="What the reason tells by: measured values and limits.")
    owner: Owner
    since: str = Field(description="ISO 8601 UTC.")
    report: int | None = Field(description="Id of the report that it stands by; the flag outlives it.")


class Flags(Page):
    """A page of flags, in the order in which they arose."""

    items: list[Flag]


def show(
    sight: Seeing,
    session: Chosen,
    level: Levels = (),
    owner: OwnerName = None,
    unit: UnitCode = None,
    after: After = 0,
    limit: Limit = 100,
) -> Flags:
    """List the flags of the session; a site that was never judged has none."""
    rows = flags.standing(sight, session.id, tuple(level), owner or "", unit or "", after, limit + 1)
    shown = rows[:limit]
    return Flags(
        session=session.id,
        next=shown[-1].id if len(rows) > limit else None,
        items=[_flag(row) for row in shown],
    )


def _flag(row: flags.Flag) -> Flag:
    return Flag(
        id=row.id,
        site=row.site_code,
        site_name=row.site_name,
        fact=row.fact,
        metric=row.metric,
        level=Level(row.level),
        reason=row.reason,
        params=row.params,
        owner=Owner(row.owner),
        since=iso(row.since_at),
        report=row.report_id,
    )
