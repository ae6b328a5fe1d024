"""The rows that ingest writes: reports with their evidence, and what had to be put aside."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, update

from collector.intake.arrival import Arrival
from collector.intake.facts import Fact
from collector.store.intake.devices import Device
from collector.store.tables import command, evidence, quarantine, report, unattributed
from provisioning.store.rows import insert, upsert

MOST_KEPT_BYTES = 16 * 1024


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


def insert_quarantined(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert reports that were settled without being used."""
    insert(connection, quarantine, rows)


def unattributed_row(arrival: Arrival, reason: str) -> dict[str, Any]:
    """Return the row of a message that nobody can be held to."""
    digest = hashlib.sha256(arrival.topic.encode() + b"\0" + arrival.payload).hexdigest()
    return {
        "topic": arrival.topic[:200].encode("ascii", "backslashreplace").decode(),
        "sha256": digest,
        "reason": reason,
        "times": 0,
        "first_at": arrival.received_at,
        "last_at": arrival.received_at,
        "payload": arrival.payload[:MOST_KEPT_BYTES],
    }


def keep_unattributed(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Keep each such message once, and count how often it came."""
    if not rows:
        return
    times = Counter(row["sha256"] for row in rows)
    unique = {row["sha256"]: row for row in rows}
    upsert(connection, unattributed, list(unique.values()), ["sha256"], keep=["times", "first_at", "payload"])
    count = update(unattributed).where(unattributed.c.sha256 == bindparam("digest"))
    connection.execute(
        count.values(times=unattributed.c.times + bindparam("more")),
        [{"digest": digest, "more": more} for digest, more in times.items()],
    )


def mark_done(connection: Connection, done: Collection[tuple[int, str]], now: int) -> None:
    """Mark commands as carried out, by (device id, command id) as devices list them; ids not ours are ignored."""
    rows = [
        {"device": device_id, "number": int(id_[1:])}
        for device_id, id_ in done
        if id_[0] == "c" and id_[1:].isdecimal() and len(id_) < 18
    ]
    if rows:
        is_open = (command.c.device_id == bindparam("device")) & (command.c.id == bindparam("number"))
        finished = update(command).where(is_open, command.c.done_at.is_(None)).values(done_at=now, next_try_at=None)
        connection.execute(finished, rows)
