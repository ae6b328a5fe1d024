"""What Prometheus is told, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from starlette.testclient import TestClient

from collector.store import pulse
from provisioning.store.engine import writing
from provisioning.store.tables import session

PATH = "/metrics"
DAY_US = 86_400_000_000


@pytest.fixture
def near(app: FastAPI) -> TestClient:
    """A program on this machine."""
    return TestClient(app, follow_redirects=False, client=("127.0.0.1", 50_000))


def test_a_program_on_this_machine_reads_all_figures(near: TestClient, nation: Any, now: int) -> None:
    with writing(nation.engine) as connection:
        told = {"waiting": 7, "lag_ms": 250, "edges": [{"url": "mqtts://a:1", "is_connected": True}]}
        pulse.beat(connection, pulse.INGEST, told, now - 2_000_000)
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(near.get(PATH).text)
        for sample in family.samples
    }
    expected = {
        ("diemcau_devices", "active"): 3,
        ("diemcau_devices_presence", "connected"): 3,
        ("diemcau_reports_committed_total",): 3,
        ("diemcau_reports_accepted_total",): 4,
        ("diemcau_reports_quarantined_total",): 1,
        ("diemcau_reports_spooled",): 0,
        ("diemcau_reports_unaccounted",): 0,
        ("diemcau_messages_unattributed_total",): 1,
        ("diemcau_sites", str(nation.session_id), "not_ready"): 1,
        ("diemcau_ingest_queue",): 7,
        ("diemcau_ingest_lag_seconds",): 0.25,
        ("diemcau_ingest_silent_seconds",): 2,
        ("diemcau_broker_connected", "mqtts://a:1"): 1,
    }
    assert {key: found.get(key) for key in expected} == expected


def test_a_session_that_was_over_a_day_ago_is_told_of_no_more(near: TestClient, nation: Any, now: int) -> None:
    def is_told() -> bool:
        return f'diemcau_sites{{level="ready",session="{nation.session_id}"}}' in near.get(PATH).text

    found = []
    for ago_us in (DAY_US - 1, DAY_US):
        with writing(nation.engine) as connection:
            connection.execute(update(session).values(ends_at=now - ago_us))
        found.append(is_told())
    assert found == [True, False]


def test_nobody_else_does_but_who_looks_after_the_centre(
    near: TestClient, stranger: TestClient, log_in: Callable[[TestClient, str], TestClient]
) -> None:
    assert stranger.get(PATH).status_code == 303
    for header in ("X-Forwarded-For", "Forwarded"):  # this machine speaks for another
        assert near.get(PATH, headers={header: "192.0.2.1"}).status_code == 303
    assert log_in(stranger, "viewer").get(PATH).status_code == 403
    assert log_in(stranger, "ministry").get(PATH).status_code == 200
