"""Real residents, brokers and ingest, killed with -9 again and again: every accepted report is settled exactly once.

The oracle is a log of its own: 'intended' is on disk before a report is spooled, 'accepted' after. An accepted report
must be committed once; one that was only intended, at most once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

SEEDS = [(1, "nats"), (2, "mosquitto")]
SOAK_SEEDS = [(seed, ("nats", "mosquitto")[seed % 2]) for seed in range(1, 21)]


def _hold_the_invariant(lab: Any) -> None:
    committed = lab.committed()
    books = lab.books()
    for name in lab.names:
        times = Counter(committed[name])
        assert set(lab.accepted(name)) <= set(times), f"{name} lost reports"
        assert set(times) <= set(range(1, lab.intended(name) + 1)), f"{name}: reports nobody intended"
        assert max(times.values()) == 1, f"{name}: a report stands twice"
        kept = books[name]
        assert kept.accepted == kept.committed + kept.spooled + kept.dropped + kept.quarantined
        assert kept == (len(times), len(times), 0, 0, 0, kept.redelivered)


def _run(make_lab: Callable[..., Any], url: str, seed: int, broker: str) -> None:
    lab = make_lab(url, 50, 60, 0.3, seed, broker=broker)
    lab.torment(ingest=10, broker=5, resident=15, pause_s=0.7)
    lab.drain()

    assert sum(map(lab.intended, lab.names)) == 3000
    _hold_the_invariant(lab)
    assert lab.kills["ingest"] >= 10
    assert lab.kills["broker"] >= 5
    assert lab.kills["resident"] >= 15
    assert sum(kept.redelivered for kept in lab.books().values()) > 0, "no report came twice: nothing was tried"


@pytest.mark.parametrize(("seed", "broker"), SEEDS)
def test_every_accepted_report_is_settled_exactly_once(
    make_lab: Callable[..., Any], database_url: str, seed: int, broker: str
) -> None:
    _run(make_lab, database_url, seed, broker)


@pytest.mark.soak
@pytest.mark.parametrize(("seed", "broker"), SOAK_SEEDS)
def test_every_accepted_report_is_settled_exactly_once_in_the_long_run(
    make_lab: Callable[..., Any], database_url: str, seed: int, broker: str
) -> None:
    _run(make_lab, database_url, seed, broker)


def test_an_agent_that_trusts_the_brokers_puback_loses_reports(make_lab: Callable[..., Any], tmp_path: Any) -> None:
    lab = make_lab(f"sqlite:///{tmp_path / 'control.db'}", 10, 40, 0.2, 1, "naive")
    lab.torment(ingest=6, broker=2, resident=0, pause_s=0.7)
    lab.drain()

    committed = lab.committed()
    lost = sum(len(set(lab.accepted(name)) - set(committed[name])) for name in lab.names)
    assert lost > 0
