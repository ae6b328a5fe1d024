"""Once a day ingest takes away what is too old, a short transaction at a time, and then rests until the next night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from collector.intake.daily import Daily
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import prune
from collector.store.tables import report
from contract.clock import DAY_US

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOUR_US = 3_600_000_000
EVENING = int(datetime(2023, 8, 14, 13, tzinfo=UTC).timestamp()) * 1_000_000  # eight in the evening in Vietnam


def left(country: Any) -> int:
    with country.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(report)))


def test_the_first_day_begins_at_once_and_the_next_at_two_in_the_morning(
    country: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "MOST_AT_ONCE", 2)
    country.site("Trường A")
    sender = country.device("d-00000001", "Trường A")
    ages_us = (8 * DAY_US, 8 * DAY_US, 8 * DAY_US, 7 * DAY_US - HOUR_US)
    ingest(
        country.engine,
        [sender.report(seq, at=EVENING - age_us) for seq, age_us in enumerate(ages_us, start=1)],
        POLICY,
        EVENING,
    )
    daily = Daily(country.engine)
    daily.step(EVENING)
    assert left(country) == 2
    while daily.step(EVENING) is not None:
        pass
    assert left(country) == 1
    assert daily.step(EVENING + 5 * HOUR_US) is None  # one in the morning: the last report has grown old meanwhile
    assert left(country) == 1
    assert daily.step(EVENING + 6 * HOUR_US) is not None
    assert left(country) == 0
