"""A site's history as its page shows it: a bar of each device's last day, and plots of what was measured."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from collector.dashboard import heartbeat
from collector.dashboard.heartbeat import Cell
from collector.store.queries import history, presences
from collector.store.queries.history import Hour
from collector.store.queries.site import Device
from collector.store.scope import Sight

DAYS = (1, 7)  # which the reader chooses from
LINE_DAYS = 30  # line tests are few
_PATH = (("rtt_ms", "ms"), ("jitter_ms", "ms"), ("loss_pct", "%"))
_LINE = ("download_mbps", "upload_mbps")
_S_US = 1_000_000


class Series(NamedTuple):
    """A metric over time."""

    metric: str
    hours: Sequence[Hour]


class Plot(NamedTuple):
    """One plot: what it is of, its unit, how many days, one series of hours or two."""

    name: str
    unit: str
    days: int
    series: Sequence[Series]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to plot."""
        return not any(one.hours for one in self.series)

    @property
    def rows(self) -> list[tuple[int, list[Hour | None]]]:
        """The same as a table: each hour with anything, the latest first, and what each series has of it."""
        by_hour = [{hour.at: hour for hour in one.hours} for one in self.series]
        return [(at, [hours.get(at) for hours in by_hour]) for at in sorted(set().union(*by_hour), reverse=True)]

    @property
    def points(self) -> str:
        """The same for the script, as JSON: of each series a list of [seconds UTC, least, mean, most]."""
        return json.dumps(
            [
                [[hour.at // _S_US, *(round(v, 3) for v in (hour.least, hour.mean, hour.most))] for hour in one.hours]
                for one in self.series
            ],
            separators=(",", ":"),
        )


def plots(sight: Sight, site_id: int, days: int, now: int) -> list[Plot]:
    """Return the plots of the path over so many days, and that of line tests."""
    path = history.hours_of(sight, site_id, [metric for metric, _ in _PATH], days * 24, now)
    line = history.hours_of(sight, site_id, _LINE, LINE_DAYS * 24, now)
    return [
        *(Plot(metric, unit, days, [Series(metric, path[metric])]) for metric, unit in _PATH),
        Plot("line", "Mbit/s", LINE_DAYS, [Series(metric, line[metric]) for metric in _LINE]),
    ]


def bars(sight: Sight, site_id: int, devices: Collection[Device], now: int) -> dict[int, list[Cell]]:
    """Return the last day of each device in use that ever spoke, by its id."""
    heard = history.heard_of(sight, site_id, heartbeat.HOURS, now)
    calendar = presences.calendars_of(sight, [site_id], now)[site_id]
    return {
        one.id: heartbeat.cells(
            heard.get(one.id, {}),
            calendar,
            one.enrolled_at,
            one.since_at if one.presence == "connected" else None,
            now,
        )
        for one in devices
        if one.state == "active" and one.presence is not None
    }
