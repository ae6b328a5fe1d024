from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from collector.dashboard import totals
from collector.store.scope import country as whole

READERS = 4


def test_readers_that_come_at_once_share_one_reading(nation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    readings, all_here, reading = totals.Readings(), threading.Barrier(READERS), []
    read = totals._totals

    def count(*arguments: Any) -> totals.Totals:
        reading.append(True)
        return read(*arguments)

    def ask(_: int) -> totals.Totals:
        with nation.engine.connect() as connection:
            all_here.wait(20)
            return readings.of(whole(connection), nation.session_id)

    monkeypatch.setattr(totals, "_totals", count)
    with ThreadPoolExecutor(READERS) as threads:
        told = list(threads.map(ask, range(READERS)))
    assert len(reading) == 1
    assert all(one is told[0] for one in told)
