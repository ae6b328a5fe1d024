"""What is known of one site: the latest fact of each kind by each source, with its age."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import HTTPException, Path
from pydantic import BaseModel, Field

from collector.dashboard.render import Seeing
from collector.dashboard.words import iso
from collector.store.queries import facts, site
from collector.store.scope import Sight

SiteCode = Annotated[str, Path(max_length=20, description="Code of a site.")]


class Fact(BaseModel):
    """One fact: findings, or the failure that kept a measurement from having any."""

    fact: str
    source: str = Field(description="agent, browser, screen_code, technician, rehearsal or declared.")
    device: str | None = Field(description="null: a fact of the site itself, as the mark of a rehearsal.")
    measured_at: str = Field(description="ISO 8601 UTC, by the centre's clock.")
    is_time_uncertain: bool = Field(description="Whether the device's clock had to be believed.")
    findings: dict[str, Any] | None
    failure: dict[str, Any] | None
    report: int = Field(description="Id of the report that brought it, which is kept for seven days; 0: none did.")


class Evidence(BaseModel):
    """The evidence of a site."""

    site: str
    items: list[Fact]


def show(sight: Seeing, code: SiteCode) -> Evidence:
    """List the evidence of a site, newest first."""
    found = find(sight, code)
    return Evidence(site=found.code, items=[_fact(row) for row in facts.of_site(sight, found.id)])


def find(sight: Sight, code: str) -> site.Site:
    """Return the site of this code if it is seen; raises HTTPException."""
    found = site.find(sight, code)
    if found is None:
        raise HTTPException(404, "no such site")
    return found


def _fact(row: facts.Fact) -> Fact:
    return Fact(
        fact=row.fact,
        source=row.source,
        device=row.device,
        measured_at=iso(row.measured_at),
        is_time_uncertain=row.is_time_uncertain,
        findings=row.findings,
        failure=row.failure,
        report=row.report_id,
    )
