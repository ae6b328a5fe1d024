"""A small country: a registry with a session, and devices whose reports can be made to arrive."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, insert, select

from collector.intake.arrival import Arrival
from collector.store.tables import flag, spool, standing
from contract import findings, wire
from provisioning.store.engine import writing
from provisioning.store.tables import device, event, line, participation, provider, session, site, unit

SECOND = 1_000_000
HOUR = 3600 * SECOND
NOW = 1_692_061_200 * SECOND  # 2023-08-15 01:00 UTC

GOOD = {
    "line": {"download_mbps": 90.0, "upload_mbps": 40.0},
    "path": {"loss_pct": 0.0, "jitter_ms": 1.0, "rtt_ms": 8.0},
    "host": {"memory_available_bytes": 4 * 10**9, "disk_free_bytes": 50 * 10**9, "cpu_pct": 10.0},
    "camera": {"camera_count": 1},
    "sound": {"microphone_count": 1, "speaker_count": 1},
    "display": {"display_count": 1},
    "clock": {"offset_ms": -40.0},
}


@dataclass
class Sender:
    """A device with a spool: says what a real agent's frames say."""

    name: str
    spool_id: str = "00000000000000a1"
    accepted: int = 0
    acknowledged: int = 0
    boot_id: str = "b0070000-0000"

    def frame(self, seq: int, *, mono_ms: int = 10_000, dropped: tuple[int, int] = (0, 0)) -> wire.Frame:
        self.accepted = max(self.accepted, seq)
        return wire.Frame(self.spool_id, seq, self.accepted, self.accepted - seq, *dropped, self.boot_id, mono_ms, NOW)

    def report(self, seq: int, body: bytes | None = None, *, at: int = NOW, **frame: Any) -> Arrival:
        payload = wire.encode_report(self.frame(seq, **frame), self.body() if body is None else body)
        return Arrival(wire.topic_for(self.name, "report"), payload, at)

    def body(
        self,
        age_ms: int = 0,
        fails: Sequence[str] = (),
        is_clock_plausible: bool | None = None,
        **changed: dict[str, Any],
    ) -> bytes:
        measurements = [
            {
                "probe": fact,
                "version": 1,
                "started": {"boot_id": self.boot_id, "mono_ms": 10_000 - age_ms, "wall_us": NOW - age_ms * 1000},
                "duration_ms": 5,
                **(_failed() if fact in fails else {"findings": _findings(fact, {**good, **changed.get(fact, {})})}),
            }
            for fact, good in {**{fact: {} for fact in changed}, **GOOD}.items()
        ]
        report = {"v": 1, "device": self.name, "occasion": "schedule", "measurements": measurements}
        if is_clock_plausible is not None:
            report["is_clock_plausible"] = is_clock_plausible
        return json.dumps(report).encode()

    def presence(self, state: str, connection: int = 1, at: int = NOW, slept_s: int = 0) -> Arrival:
        payload = wire.encode(wire.Presence(connection, state, slept_s))
        return Arrival(wire.topic_for(self.name, "presence"), payload, at)

    def snapshot(
        self,
        at: int = NOW,
        connection: int = 1,
        done: tuple[str, ...] = (),
        spooled: int = 0,
        tick_s: int = wire.TICK_S,
    ) -> Arrival:
        counters = (self.spool_id, self.accepted, spooled, 0, 0)
        snapshot = wire.Snapshot(connection, self.boot_id, 1, NOW, *counters, 5, 10, 10, 8.0, 0.5, done, tick_s)
        return Arrival(wire.topic_for(self.name, "snapshot"), wire.encode(snapshot), at)


def _failed() -> dict[str, Any]:
    return {"failure": {"code": "timeout", "text": "took too long"}}


def _findings(fact: str, values: dict[str, Any]) -> dict[str, Any]:
    as_facts = {name: {"value": value} for name, value in values.items()}
    absent = {"why": "unsupported"}
    if fact == "line":
        rest = {"method": "test", "server": "localhost", "round_trip_ms": absent, "received_bytes": 1, "sent_bytes": 1}
        return {"kind": fact, **rest, **values}
    if fact == "path":
        rest = {"server": "localhost", "sent": 100, "received": 100, "reordered": 0, "rtt_p95_ms": absent}
        return {"kind": fact, **rest, **as_facts, "loss_pct": values["loss_pct"]}
    kind = next(kind for kind in findings.KINDS if kind.model_fields["kind"].default == fact)
    return {**dict.fromkeys(kind.model_fields, absent), "kind": fact, **as_facts}


@dataclass
class Country:
    """The registry, written row by row."""

    engine: Engine
    session_id: int
    unit_id: int
    senders: dict[str, Sender] = field(default_factory=dict)

    def site(self, name: str, *, role: str = "view", medium: str = "pc", carrier: str = "vnpt", **package: Any) -> int:
        with writing(self.engine) as connection:
            provider_id = connection.execute(select(provider.c.id).where(provider.c.code == carrier)).scalar()
            provider_id = provider_id or _add(connection, provider, code=carrier, name=carrier)
            package = {"download_mbps": 100.0, "upload_mbps": 100.0, "paid_by": "site", **package}
            line_id = _add(connection, line, provider_id=provider_id, code=f"line of {name}", **package)
            values = {"code": f"S{name}", "name": name, "unit_id": self.unit_id, "created_at": NOW, "line_id": line_id}
            site_id = _add(connection, site, **values)
            values = {"session_id": self.session_id, "site_id": site_id, "role": role, "medium": medium}
            return _add(connection, participation, **values)

    def device(self, name: str, site_name: str, *, state: str = "active", is_spare: bool = False) -> Sender:
        with writing(self.engine) as connection:
            site_id = connection.execute(select(site.c.id).where(site.c.name == site_name)).scalar_one()
            values = {"state": state, "is_spare": is_spare, "generation": 1, "bcrypt": "", "pbkdf2": ""}
            _add(connection, device, name=name, site_id=site_id, enrolled_at=NOW, **values)
        self.senders[name] = Sender(name)
        return self.senders[name]

    def level(self, participation_id: int) -> str | None:
        with self.engine.connect() as connection:
            query = select(standing.c.level).where(standing.c.participation_id == participation_id)
            return connection.execute(query).scalar()

    def flags(self, participation_id: int) -> dict[tuple[str, str], tuple[str, str, str]]:
        with self.engine.connect() as connection:
            rows = connection.execute(select(flag).where(flag.c.participation_id == participation_id))
            return {(row.fact, row.metric): (row.level, row.reason, row.owner) for row in rows}

    def books(self, device_name: str) -> dict[str, tuple[int, int, int, int, int]]:
        """By spool id: accepted, committed, spooled, dropped, quarantined."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(spool).where(spool.c.device == device_name))
            return {r.spool_id: (r.accepted, r.committed, r.spooled, r.dropped, r.quarantined) for r in rows}


def _add(connection: Connection, table: Table, **values: Any) -> int:
    return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())


@pytest.fixture
def country(engine: Engine) -> Country:
    with writing(engine) as connection:
        values = {"code": "01", "level": 1, "name": "Thành phố Hà Nội", "valid_from": "2008-08-01"}
        unit_id = _add(connection, unit, **values)
        event_id = _add(connection, event, code="e", name="Sự kiện", units_as_of="2023-08-15")
        values = {"code": "s", "name": "Buổi sáng", "starts_at": NOW + 12 * HOUR, "ends_at": NOW + 16 * HOUR}
        session_id = _add(connection, session, event_id=event_id, **values)
    return Country(engine, session_id, unit_id)


@pytest.fixture
def now() -> int:
    return NOW
