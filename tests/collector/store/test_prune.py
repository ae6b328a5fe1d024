"""What is too old goes, in small steps; what is young, and what was found, stays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, insert, select

from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import prune as module
from collector.store.prune import prune
from collector.store.tables import evidence, report, rollup
from contract.clock import DAY_US
from provisioning.store.engine import writing
from provisioning.store.tables import change

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOUR_US = 3_600_000_000


def test_old_reports_and_hours_go_and_their_evidence_and_books_stay(
    country: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    country.site("Trường A")
    sender = country.device("d-00000001", "Trường A")
    ages_days = (9, 8, 8, 6)
    ingest(
        country.engine,
        [sender.report(seq, at=now - age * DAY_US) for seq, age in enumerate(ages_days, start=1)],
        POLICY,
        now,
    )
    values = {"device_id": 1, "n": 1, "least": 1.0, "mean": 1.0, "most": 1.0}
    with writing(country.engine) as connection:
        for metric in ("rtt_ms", "loss_pct"):
            for hour in range(4):
                at = now - 30 * DAY_US + (hour - 2) * HOUR_US
                connection.execute(insert(rollup).values(**values, hour_at=at, metric=metric))
    told = [one.rows for one in prune(country.engine, now, report_days=7, history_days=30) if one.table != change.name]
    assert told == [2, 3, 3, 2, 4, 4]
    with country.engine.connect() as connection:
        assert connection.execute(select(report.c.seq)).scalars().all() == [4]
        assert connection.scalar(select(func.count()).select_from(rollup)) == 4
        assert connection.scalar(select(func.min(rollup.c.hour_at))) == now - 30 * DAY_US
        assert connection.scalar(select(func.count()).select_from(evidence)) > 0
    assert country.books("d-00000001")[sender.spool_id][:2] == (4, 4)
    assert [one.rows for one in prune(country.engine, now, report_days=7, history_days=30)] == [0, 0, 0]


def test_change_rows_that_everybody_has_read_go_and_the_newest_stay(
    country: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_CHANGES", 3)
    with writing(country.engine) as connection:
        connection.execute(insert(change), [{"kind": "site", "key": number} for number in range(10)])
        newest = connection.scalar(select(func.max(change.c.id)))
    list(prune(country.engine, now, report_days=7, history_days=30))
    with country.engine.connect() as connection:
        left = connection.execute(select(change.c.id).order_by(change.c.id)).scalars().all()
    assert left == [newest - 2, newest - 1, newest]
