"""One report: what was measured, the flags that stand because of it and the verdicts it changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

from fastapi import Path
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.labels import unit_of
from collector.dashboard.render import Choosing, Seeing, page
from collector.store.queries import reports, site
from contract.findings import Direction, Fact, Playback
from contract.report import Measurement, UnusableReport, read_body


class Finding(NamedTuple):
    """One value of a measurement, with its unit, or why there is none."""

    name: str
    value: Any
    unit: str
    why: str
    is_part: bool = False  # of the one that it follows


def show(request: Request, sight: Seeing, _: Choosing, report_id: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """Show a report; of one no longer kept, what it changed and what stands because of it."""
    found = reports.find(sight, report_id)
    flags = reports.flags_of(sight, report_id)
    changes = reports.changes_by(sight, report_id)
    if found is None and not flags and not changes:
        raise HTTPException(404)
    try:
        content = None if found is None else read_body(found.body, found.device)
    except UnusableReport:
        content = None  # of a version that this one cannot read any more: shown as text
    return page(
        request,
        "report.html",
        report_id=report_id,
        report=found,
        content=content,
        findings=findings,
        providers=site.provider_names(sight.connection),
        flags=flags,
        changes=changes,
    )


def findings(measurement: Measurement) -> list[Finding]:
    """Return what a measurement found, in the order of its fields."""
    if measurement.findings is None:
        return []
    values = ((name, value) for name, value in measurement.findings if name != "kind")
    return [finding for name, value in values for finding in _flat(name, value)]


def _flat(name: str, value: Any) -> Iterator[Finding]:
    """Yield a value, and each part of one that has parts; nothing of what may be left out and was."""
    if isinstance(value, Direction | Playback):
        yield Finding(name, value.outcome if isinstance(value, Direction) else "", "", "")
        parts = ((part, inner) for part, inner in value if part != "outcome")
        yield from (found._replace(is_part=True) for part, inner in parts for found in _flat(part, inner))
    elif isinstance(value, Fact):
        yield Finding(name, value.value, unit_of(name), value.why or "")
    elif value is not None:
        yield Finding(name, value, unit_of(name), "")
