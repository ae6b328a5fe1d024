"""Readings out of snapshots and facts: single values of a device at a moment, to be rolled up by the hour.

A snapshot of the path and a report's are readings of the same metrics: each counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json

from collector.intake.facts import Fact
from collector.store.intake.rollups import HEARD
from contract.clock import HOUR_US
from contract.uplink import Snapshot

_IN_PATH = ("rtt_ms", "jitter_ms", "loss_pct")
_IN_LINE = (("download", "download_mbps"), ("upload", "upload_mbps"))
_OLDEST_US = 7 * 24 * HOUR_US  # a device that invents times must not make hours without end


class Reading(NamedTuple):
    """One value of a device's metric."""

    device_id: int
    at: int
    metric: str
    value: float


def of_snapshot(device_id: int, snapshot: Snapshot, received_at: int) -> Iterator[Reading]:
    """Return that the device was heard, in which half of the hour (0 or 1), and its cheap readings."""
    yield Reading(device_id, received_at, HEARD, float(received_at % HOUR_US >= HOUR_US // 2))
    if snapshot.rtt_ms is not None:
        yield Reading(device_id, received_at, "rtt_ms", snapshot.rtt_ms)
    if snapshot.jitter_ms is not None:
        yield Reading(device_id, received_at, "jitter_ms", snapshot.jitter_ms)
    if snapshot.sent:
        lost_pct = 100.0 * max(0, snapshot.sent - snapshot.received) / snapshot.sent
        yield Reading(device_id, received_at, "loss_pct", lost_pct)


def of_fact(device_id: int, fact: Fact, received_at: int) -> Iterator[Reading]:
    """Return the readings of a measurement of the path or the line, unless its time cannot be."""
    if fact.findings is None or not received_at - _OLDEST_US <= fact.measured_at <= received_at:
        return
    if fact.fact == "path":
        findings = from_json(fact.findings)
        values = {name: _value(findings.get(name)) for name in _IN_PATH}
    elif fact.fact == "line":  # a paced test tells its rate by direction, an unpaced one the average alone
        findings = from_json(fact.findings)
        values = {name: (findings.get(way) or {}).get("rate_mbps", findings.get(name)) for way, name in _IN_LINE}
    else:
        return
    for metric, value in values.items():
        if value is not None:
            yield Reading(device_id, fact.measured_at, metric, value)


def _value(found: Any) -> float | None:
    return found.get("value") if isinstance(found, dict) else found
