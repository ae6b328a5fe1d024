"""How one site came to stand as it does: its verdicts that changed in a session."""

from __future__ import annotations

from pydantic import BaseModel, Field

from collector.dashboard.api.asking import After, Chosen, Level, Limit, Owner, Page
from collector.dashboard.api.evidence import SiteCode, find
from collector.dashboard.render import Seeing
from collector.dashboard.words import iso
from collector.store.queries import flags


class Change(BaseModel):
    """A verdict that changed."""

    at: str = Field(description="ISO 8601 UTC.")
    fact: str
    metric: str = Field(description="Empty: the whole fact.")
    old_level: Level | None = Field(description="Null: it was not judged before.")
    new_level: Level | None = Field(description="Null: it is not judged any more.")
    reason: str
    owner: Owner
    report: int | None = Field(description="Id of the report that changed it; null: time or the registry did.")


class History(Page):
    """A page of changes, newest first."""

    site: str
    items: list[Change]


def show(sight: Seeing, session: Chosen, code: SiteCode, after: After = 0, limit: Limit = 100) -> History:
    """List what changed at a site in the session, newest first."""
    found = find(sight, code)
    rows = flags.changes_of(sight, session.id, found.id, after, limit + 1)
    shown = rows[:limit]
    return History(
        session=session.id,
        site=found.code,
        next=shown[-1].id if len(rows) > limit else None,
        items=[_change(row) for row in shown],
    )


def _change(row: flags.Change) -> Change:
    return Change(
        at=iso(row.at),
        fact=row.fact,
        metric=row.metric,
        old_level=None if row.old_level is None else Level(row.old_level),
        new_level=None if row.new_level is None else Level(row.new_level),
        reason=row.reason,
        owner=Owner(row.owner),
        report=row.report_id,
    )
