"""How the centre itself is doing, as far as its database tells."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import JSON, Connection, cast, func, select, text, type_coerce

from collector.store.tables import evidence, policy, presence, report
from provisioning.store.tables import device


class Policy(NamedTuple):
    """The policy in force; `loaded_at` in microseconds UTC."""

    sha256: str
    loaded_at: int
    loaded_by: str


class Arrived(NamedTuple):
    """Reports committed lately, and when the newest came, in microseconds UTC."""

    reports: int
    last_at: int | None


def arrived_since(connection: Connection, at: int) -> Arrived:
    """Return what has come since a moment."""
    count = connection.scalar(select(func.count()).select_from(report).where(report.c.received_at > at)) or 0
    return Arrived(count, connection.scalar(select(func.max(report.c.received_at))))


def count_devices(connection: Connection) -> dict[str, int]:
    """Return how many devices are active, waiting for approval, revoked."""
    return {state: n for state, n in connection.execute(select(device.c.state, func.count()).group_by(device.c.state))}


def count_presences(connection: Connection) -> dict[str, int]:
    """Return how many devices are connected, asleep, stopped or lost, as they or the broker said last."""
    query = select(presence.c.state, func.count()).group_by(presence.c.state)
    return {state: n for state, n in connection.execute(query)}


def count_versions(connection: Connection) -> dict[str, int]:
    """Return how many active devices run each version of the agent, the commonest first."""
    is_sqlite = connection.dialect.name == "sqlite"  # which has no type for JSON: a cast would make a number of it
    findings = type_coerce(evidence.c.findings, JSON) if is_sqlite else cast(evidence.c.findings, JSON)
    version = findings["agent_version"].as_string()
    query = (
        select(version, func.count())
        .select_from(device)
        .join(evidence, evidence.c.device_id == device.c.id)
        .where(device.c.state == "active", evidence.c.fact == "software", evidence.c.source == "agent")
        .group_by(version)
    )
    counts = {told or "": n for told, n in connection.execute(query)}
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def live_policy(connection: Connection) -> Policy | None:
    """Return which policy is in force; None: the one that the program brings."""
    columns = (policy.c.sha256, policy.c.loaded_at, policy.c.loaded_by)
    row = connection.execute(select(*columns).order_by(policy.c.loaded_at.desc()).limit(1)).first()
    return None if row is None else Policy(*row)


def size_bytes(connection: Connection) -> int:
    """Return how large the database is: on SQLite its files, the write-ahead log too."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(text("select pg_database_size(current_database())")) or 0)
    files = (Path(f"{connection.engine.url.database}{suffix}") for suffix in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
