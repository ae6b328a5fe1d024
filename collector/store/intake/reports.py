"""Reports that are committed, and the evidence that they bring up to date."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, select

from collector.intake.facts import Fact
from collector.judge.outcomes import remember
from collector.store.intake.devices import Device
from collector.store.tables import evidence, report
from provisioning.store.rows import upsert

_SOURCE = "agent"


def insert_reports(connection: Connection, reports: list[tuple[dict[str, Any], list[Fact], Device]]) -> None:
    """Insert reports and bring the evidence of their devices up to date; within a batch the last fact wins."""
    if not reports:
        return
    numbered = report.insert().returning(report.c.id, sort_by_parameter_order=True)
    ids = connection.execute(numbered, [row for row, _, _ in reports]).scalars().all()
    measured = {device.id for _, found, device in reports if any(fact.fact == "line" for fact in found)}
    before = _line_tests(connection, measured)
    latest: dict[tuple[int, str], dict[str, Any]] = {}
    for report_id, (_, found, device) in zip(ids, reports, strict=True):
        for fact in found:
            row = {
                "site_id": device.site_id,
                "device_id": device.id,
                "source": _SOURCE,
                "line_id": device.line_id,
                "report_id": report_id,
                "earlier": None,
                **fact._asdict(),
            }
            if fact.fact == "line":
                row["earlier"] = _earlier(before.get(device.id))
                before[device.id] = row
            latest[device.id, fact.fact] = row
    upsert(connection, evidence, list(latest.values()), ["device_id", "fact", "source"])


def _line_tests(connection: Connection, device_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return the latest evidence of the line of each of these devices that has any."""
    if not device_ids:
        return {}
    columns = (evidence.c[name] for name in ("device_id", "findings", "measured_at", "line_id", "earlier"))
    is_theirs = evidence.c.device_id.in_(device_ids)
    query = select(*columns).where(is_theirs, evidence.c.fact == "line", evidence.c.source == _SOURCE)
    return {row["device_id"]: dict(row) for row in connection.execute(query).mappings()}


def _earlier(before: dict[str, Any] | None) -> str | None:
    """Return what to keep of the test before this one and of those before it."""
    if before is None:
        return None
    findings, earlier = (None if before[name] is None else from_json(before[name]) for name in ("findings", "earlier"))
    kept = remember(findings, before["measured_at"], before["line_id"], earlier or [])
    return to_json(kept).decode() if kept else None
