from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from collector.dashboard import readings, totals
from collector.dashboard.readings import Readings
from collector.store.scope import country, one_site
from provisioning.store.engine import record_changes, writing

READERS = 4


@pytest.fixture(autouse=True)
def _told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "GAP_S", 0.0)


def test_readers_that_come_at_once_share_one_reading(nation: Any) -> None:
    kept, all_here, reading = Readings(), threading.Barrier(READERS), []

    def ask(_: int) -> object:
        with nation.engine.connect() as connection:
            all_here.wait(20)
            return kept.of(
                country(connection), "totals", lambda: reading.append(True) or object(), lasts_unchanged=True
            )

    with ThreadPoolExecutor(READERS) as threads:
        told = list(threads.map(ask, range(READERS)))
    assert len(reading) == 1
    assert all(one is told[0] for one in told)


def test_a_reading_that_lasts_is_read_again_once_something_has_changed(nation: Any) -> None:
    kept = Readings()
    assert [_ask(nation.engine, kept, n) for n in (1, 2)] == [1, 1]
    with writing(nation.engine) as connection:
        record_changes(connection, [("standing", 1)])
    assert _ask(nation.engine, kept, 3) == 3


def test_what_can_be_chosen_among_is_not_read_again_with_the_counts(
    nation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, read = Readings(), []
    monkeypatch.setattr(totals, "count_levels", lambda *_: read.append("counts") or {})
    monkeypatch.setattr(totals.places, "places", lambda *_: read.append("choices") or [])
    for _ in range(3):
        with writing(nation.engine) as connection:
            record_changes(connection, [("standing", 1)])
        with nation.engine.connect() as connection:
            totals.totals(kept, country(connection), nation.session_id)
            totals.choices(kept, country(connection), nation.session_id)
    assert sorted(read) == ["choices", "counts", "counts", "counts"]


def test_while_one_reads_anew_the_others_are_told_what_was_before(nation: Any) -> None:
    kept, is_reading, may_end = Readings(), threading.Event(), threading.Event()
    _ask(nation.engine, kept, "before", lasts=False)

    def read_slowly() -> str:
        with nation.engine.connect() as connection:
            return kept.of(country(connection), "subject", lambda: (is_reading.set(), may_end.wait(20), "after")[2])

    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(read_slowly)
        assert is_reading.wait(20)
        assert _ask(nation.engine, kept, "never", lasts=False) == "before"
        may_end.set()
        assert slow.result() == "after"


def test_whoever_sees_less_is_never_told_what_others_read(nation: Any) -> None:
    kept = Readings()
    with nation.engine.connect() as connection:
        assert kept.of(country(connection), "subject", lambda: "country", lasts_unchanged=True) == "country"
        bound = country(connection)._replace(units=frozenset({1}))
        assert kept.of(bound, "subject", lambda: "province", lasts_unchanged=True) == "province"
        assert kept.of(one_site(connection, "GOOD000"), "subject", lambda: "site", lasts_unchanged=True) == "site"


def test_what_nobody_asks_for_any_more_is_forgotten(nation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "MOST", 2)
    kept = Readings()
    with nation.engine.connect() as connection:
        for subject in ("first", "second", "first", "third", "second"):
            kept.of(country(connection), subject, object)
    assert len(kept._kept) == 2


def _ask(engine: Engine, kept: Readings, value: Any, *, lasts: bool = True) -> Any:
    with engine.connect() as connection:
        return kept.of(country(connection), "subject", lambda: value, lasts_unchanged=lasts)
