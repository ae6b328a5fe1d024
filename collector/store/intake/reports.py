"""Reports that are committed, and the evidence that they bring up to date."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from collector.intake.facts import Fact
from collector.store.intake.devices import Device
from collector.store.tables import evidence, report
from provisioning.store.rows import upsert


def insert_reports(connection: Connection, reports: list[tuple[dict[str, Any], list[Fact], Device]]) -> None:
    """Insert reports and bring the evidence of their devices up to date; within a batch the last fact wins."""
    if not reports:
        return
    numbered = report.insert().returning(report.c.id, sort_by_parameter_order=True)
    ids = connection.execute(numbered, [row for row, _, _ in reports]).scalars().all()
    latest: dict[tuple[int, str], dict[str, Any]] = {}
    for report_id, (_, found, device) in zip(ids, reports, strict=True):
        for fact in found:
            latest[device.id, fact.fact] = {
                "site_id": device.site_id,
                "device_id": device.id,
                "source": "agent",
                "line_id": device.line_id,
                "report_id": report_id,
                **fact._asdict(),
            }
    upsert(connection, evidence, list(latest.values()), ["device_id", "fact", "source"])
