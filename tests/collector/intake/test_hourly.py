"""Readings become hours: never a row for each snapshot, and none is lost between two writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from collector.intake import hourly as module
from collector.intake.hourly import ROUND_US, Hourly
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.intake.rollups import Rollup
from collector.store.tables import rollup
from contract.clock import HOUR_US
from provisioning.store.engine import writing

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
MINUTE_US = 60_000_000
values = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=50)


@pytest.fixture
def sender(country: Any) -> Any:
    country.site("Trường A")
    return country.device("d-00000001", "Trường A")


def rows(country: Any) -> dict[tuple[int, str], tuple[int, float, float, float]]:
    """By hour and metric: n, least, mean, most."""
    with country.engine.connect() as connection:
        return {(r.hour_at, r.metric): (r.n, r.least, r.mean, r.most) for r in connection.execute(select(rollup))}


def write(country: Any, hourly: Hourly, now: int) -> None:
    with writing(country.engine) as connection:
        hourly.write(connection, now)


@given(values)
def test_a_rollup_tells_of_its_readings_what_the_whole_list_tells(given_values: Sequence[float]) -> None:
    first, *rest = given_values
    added = Rollup(0, 1, "rtt_ms", 1, first, first, first)
    for value in rest:
        added.add(value)
    assert (added.n, added.least, added.most) == (len(given_values), min(given_values), max(given_values))
    assert added.mean == pytest.approx(math.fsum(given_values) / len(given_values), abs=1e-6)


def test_snapshots_become_one_row_an_hour_and_metric_whenever_they_are_written(
    country: Any, sender: Any, now: int
) -> None:
    hourly = Hourly()
    for minute in (0, 10, 40):
        ingest(country.engine, [sender.snapshot(at=now + minute * MINUTE_US)], POLICY, now, hourly)
        write(country, hourly, now + minute * MINUTE_US + ROUND_US)
    found = rows(country)
    assert found[now, "rtt_ms"] == (3, 8.0, 8.0, 8.0)
    assert found[now, "loss_pct"] == (3, 0.0, 0.0, 0.0)
    assert found[now, "heard"] == (3, 0.0, pytest.approx(1 / 3), 1.0)
    ingest(country.engine, [sender.snapshot(at=now + HOUR_US)], POLICY, now, hourly)
    write(country, hourly, now + 2 * HOUR_US)
    assert rows(country)[now + HOUR_US, "rtt_ms"][0] == 1


def test_what_is_written_again_is_folded_into_what_stands(country: Any, now: int) -> None:
    country.site("Trường A")
    country.device("d-00000001", "Trường A")
    hourly = Hourly()
    for number, batch in enumerate(([10.0, 20.0], [90.0])):
        hourly.add((1, now, "rtt_ms", value) for value in batch)  # type: ignore[misc]
        write(country, hourly, now + (number + 1) * ROUND_US)
    assert rows(country) == {(now, "rtt_ms"): (3, 10.0, 40.0, 90.0)}


def test_a_measurement_counts_in_the_hour_in_which_it_was_made(country: Any, sender: Any, now: int) -> None:
    hourly = Hourly()
    body = sender.body(age_ms=5, line={"download_mbps": 12.5})
    ingest(country.engine, [sender.report(1, body)], POLICY, now, hourly)
    write(country, hourly, now + ROUND_US)
    found = rows(country)
    assert found[now - HOUR_US, "download_mbps"] == (1, 12.5, 12.5, 12.5)
    assert {metric for _, metric in found} == {"download_mbps", "upload_mbps", "rtt_ms", "jitter_ms", "loss_pct"}


def test_a_time_that_cannot_be_makes_no_hour(country: Any, sender: Any, now: int) -> None:
    hourly = Hourly()
    ingest(country.engine, [sender.report(1, sender.body(age_ms=9 * 24 * 3_600_000))], POLICY, now, hourly)
    write(country, hourly, now + ROUND_US)
    assert rows(country) == {}


def test_many_devices_are_written_a_few_at_a_time_and_none_is_left_out(
    country: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    country.site("Trường A")
    hourly = Hourly()
    for number in range(1, 6):
        country.device(f"d-0000000{number}", "Trường A")
        hourly.add([(number, now, "rtt_ms", 8.0)])  # type: ignore[list-item]
    written = []
    for second in range(4):
        write(country, hourly, now + second * 1_000_000)
        with country.engine.connect() as connection:
            written.append(len(connection.execute(select(rollup)).all()))
    assert written == [2, 4, 5, 5]


def test_at_the_end_everything_is_written(country: Any, sender: Any, now: int) -> None:
    hourly = Hourly()
    write(country, hourly, now)
    ingest(country.engine, [sender.snapshot()], POLICY, now, hourly)
    write(country, hourly, now)
    assert rows(country) == {}
    with writing(country.engine) as connection:
        hourly.write_all(connection, now)
    assert len(rows(country)) == 4
