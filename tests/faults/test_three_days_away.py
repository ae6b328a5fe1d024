"""Three days without a broker, by the devices' clocks, with kills and power cuts in between: nothing is lost.

Real residents, broker and ingest. An hour passes on a device's clocks with each report; see `resident_process.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from collector.store.tables import evidence
from provisioning.store.tables import device

HOURS = 72
HOUR_US = 3_600_000_000
SMALL_CAP_BYTES = 65_536
KEPT = SMALL_CAP_BYTES // 4096  # reports of less than a page


def go_away_for_three_days(lab: Any, rebooting: str) -> None:
    """Let the devices measure each hour without a broker, and kill each of them with -9 three times."""

    def start(name: str) -> None:
        lab.mode = ("hourly", "reboots") if name == rebooting else ("hourly",)
        lab.start_resident(name)

    lab.kill("broker")
    lab.reports_each = HOURS
    for name in lab.names:
        start(name)
    deadline = time.monotonic() + 120
    to_come = {name: [20, 45, 65] for name in lab.names}  # hours at which it is killed
    while any(lab.intended(name) < HOURS for name in lab.names):
        assert time.monotonic() < deadline, {name: lab.intended(name) for name in lab.names}
        for name, hours in to_come.items():
            if hours and lab.intended(name) >= hours[0]:
                hours.pop(0)
                lab.kill(name)
                start(name)
        time.sleep(0.05)
    lab.start_broker()
    lab.drain()


def cap_spool(lab: Any, name: str) -> None:
    file = lab.settings.home / name / "settings.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "spool_cap_bytes": SMALL_CAP_BYTES}))


def ages(lab: Any, name: str) -> dict[int, tuple[float, bool]]:
    """By the number of a report: how many hours before the last one it was measured, and whether that is uncertain."""
    columns = (evidence.c.fact, evidence.c.measured_at, evidence.c.is_time_uncertain)
    query = select(*columns).join(device, device.c.id == evidence.c.device_id).where(device.c.name == name)
    with lab.engine.connect() as connection:
        rows = {int(row.fact[1:]): row for row in connection.execute(query) if row.fact[1:].isdigit()}
    last = rows[max(rows)].measured_at
    return {number: ((last - row.measured_at) / HOUR_US, row.is_time_uncertain) for number, row in rows.items()}


def test_after_three_days_without_a_broker_every_report_arrives_once_with_its_age(
    make_lab: Callable[..., Any], tmp_path: Any
) -> None:
    lab = make_lab(f"sqlite:///{tmp_path / 'centre.db'}", 3, 0, 0.1, 1)
    _, rebooting, capped = lab.names
    cap_spool(lab, capped)
    go_away_for_three_days(lab, rebooting)

    assert lab.kills["resident"] == 3 * len(lab.names)
    committed, books = lab.committed(), lab.books()
    for name in lab.names:
        arrived = committed[name]
        lost = set(lab.accepted(name)) - set(arrived)  # more may have arrived: killed before that was written down
        assert len(set(arrived)) == len(arrived)
        assert books[name] == (
            len(arrived) + books[name].dropped,
            len(arrived),
            0,
            books[name].dropped,
            0,
            books[name].redelivered,
        )
        if name == capped:
            assert len(arrived) == KEPT
            assert max(lost) < min(arrived)
            assert books[name].dropped >= len(lost)
        else:
            assert lost == set()
            assert books[name].dropped == 0
        told = ages(lab, name)
        assert set(told) == set(arrived)
        for number, (hours, _) in told.items():
            assert hours == pytest.approx(max(told) - number, abs=0.1)
        assert any(is_uncertain for _, is_uncertain in told.values()) == (name == rebooting)
