"""What became of a site hour by hour: its devices' readings rolled up, of each device or of all together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import select

from collector.store.intake.rollups import HEARD
from collector.store.scope import Sight
from collector.store.tables import rollup
from contract.clock import HOUR_US
from provisioning.store.tables import device

HALF_US = HOUR_US // 2


class Hour(NamedTuple):
    """A metric in an hour: how many readings, and the least, mean and most of them."""

    at: int
    n: int
    least: float
    mean: float
    most: float


def hours_of(sight: Sight, site_id: int, metrics: Collection[str], hours: int, now: int) -> dict[str, list[Hour]]:
    """Return the site's latest hours, the present one last, by metric: readings of all its devices in use together."""
    found: dict[tuple[str, int], Hour] = {}
    for _, metric, hour in _rollups(sight, site_id, metrics, hours, now):
        key = metric, hour.at
        found[key] = _together(found[key], hour) if key in found else hour
    return {metric: [hour for (of, _), hour in sorted(found.items()) if of == metric] for metric in metrics}


def heard_of(sight: Sight, site_id: int, hours: int, now: int) -> dict[int, dict[int, float]]:
    """Return how many snapshots came of each of the site's devices in use, by device id and start of the half-hour."""
    found: dict[int, dict[int, float]] = {}
    for device_id, _, hour in _rollups(sight, site_id, (HEARD,), hours, now):
        in_second = hour.n * hour.mean
        found.setdefault(device_id, {}).update({hour.at: hour.n - in_second, hour.at + HALF_US: in_second})
    return found


def _rollups(
    sight: Sight, site_id: int, metrics: Collection[str], hours: int, now: int
) -> Iterable[tuple[int, str, Hour]]:
    """Look every hour up by the key, whose first part it is: a range of hours would be a walk over all devices."""
    present_at = now - now % HOUR_US
    devices = select(device.c.id).where(
        device.c.site_id == site_id, device.c.state == "active", sight.site(device.c.site_id)
    )
    device_ids = sight.connection.execute(devices).scalars().all()
    r = rollup.c
    query = (
        select(r.device_id, r.metric, r.hour_at, r.n, r.least, r.mean, r.most)
        .where(r.hour_at.in_([present_at - back * HOUR_US for back in range(hours)]))
        .where(r.device_id.in_(device_ids), r.metric.in_(metrics))
    )
    return [(row[0], row[1], Hour(*row[2:])) for row in sight.connection.execute(query)] if device_ids else []


def _together(one: Hour, other: Hour) -> Hour:
    n = one.n + other.n
    mean = (one.mean * one.n + other.mean * other.n) / n
    return Hour(one.at, n, min(one.least, other.least), mean, max(one.most, other.most))
