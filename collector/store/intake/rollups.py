"""Hours of devices' readings as ingest writes them: folded into what the hour has already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case

from collector.store.tables import rollup
from provisioning.store.rows import merge

METRICS = ("rtt_ms", "jitter_ms", "loss_pct", "download_mbps", "upload_mbps")
HEARD = "heard"  # 0: a snapshot in the first half of the hour, 1: in the second; so the mean tells how many in each


@dataclass
class Rollup:
    """A metric of a device in an hour."""

    __slots__ = ("device_id", "hour_at", "least", "mean", "metric", "most", "n")

    hour_at: int
    device_id: int
    metric: str
    n: int
    least: float
    mean: float
    most: float

    def add(self, value: float) -> None:
        """Add one reading."""
        self.n += 1
        self.mean += (value - self.mean) / self.n
        self.least = min(self.least, value)
        self.most = max(self.most, value)


def save(connection: Connection, rollups: Collection[Rollup]) -> None:
    """Write roll-ups, no two of the same hour, device and metric."""
    rows = [{name: getattr(one, name) for name in Rollup.__slots__} for one in rollups]
    merge(connection, rollup, rows, ("hour_at", "device_id", "metric"), _fold)


def _fold(stood: Any, given: Any) -> dict[str, Any]:
    n = stood.n + given.n
    return {
        "n": n,
        "mean": (stood.mean * stood.n + given.mean * given.n) / n,
        "least": case((given.least < stood.least, given.least), else_=stood.least),
        "most": case((given.most > stood.most, given.most), else_=stood.most),
    }
