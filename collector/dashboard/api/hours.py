"""What was measured at one site hour by hour: the figures of its page's plots."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from collector.dashboard.api.evidence import SiteCode, find
from collector.dashboard.render import Seeing, now
from collector.dashboard.words import iso
from collector.store.intake.rollups import METRICS
from collector.store.queries import history

Days = Annotated[int, Query(ge=1, le=30, description="How many days back.")]


class Hour(BaseModel):
    """A metric in an hour, by all of the site's devices in use together."""

    at: str = Field(description="Start of the hour, ISO 8601 UTC.")
    metric: str = Field(description="rtt_ms, jitter_ms, loss_pct, download_mbps or upload_mbps.")
    n: int = Field(description="How many readings there were.")
    least: float
    mean: float
    most: float


class Hours(BaseModel):
    """The hours of a site; those without a reading are left out."""

    site: str
    items: list[Hour]


def show(request: Request, sight: Seeing, code: SiteCode, days: Days = 1) -> Hours:
    """List a site's hourly figures, oldest first."""
    found = find(sight, code)
    by_metric = history.hours_of(sight, found.id, METRICS, days * 24, now(request))
    rows = sorted((hour.at, metric, hour) for metric, hours in by_metric.items() for hour in hours)
    return Hours(
        site=found.code,
        items=[
            Hour(at=iso(at), metric=metric, n=hour.n, least=hour.least, mean=hour.mean, most=hour.most)
            for at, metric, hour in rows
        ],
    )
