"""What a running part last told of itself, in one row for each: one that is silent has stopped, or cannot write."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from collector.store.tables import pulse
from provisioning.store.rows import upsert

INGEST = "ingest"  # messages `waiting`, `lag_ms` from arrival to commit, `edges` each with url and is_connected


class Pulse(NamedTuple):
    """What was told, and when, in microseconds UTC."""

    at: int
    told: dict[str, Any]


def beat(connection: Connection, part: str, told: dict[str, Any], now: int) -> None:
    """Write what a part tells of itself, in place of what it told before."""
    upsert(connection, pulse, [{"part": part, "at": now, "told": json.dumps(told)}], ["part"])


def last(connection: Connection, part: str) -> Pulse | None:
    """Return what a part told last; None when it never did."""
    row = connection.execute(select(pulse.c.at, pulse.c.told).where(pulse.c.part == part)).first()
    return None if row is None else Pulse(row.at, json.loads(row.told))
