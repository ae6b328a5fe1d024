"""Ingest is killed before each of its statements, and before and after COMMIT: nothing lost, nothing doubled."""

from __future__ import annotations

import itertools
import json
import os
from typing import Any

import pytest
from sqlalchemy import event, select

from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.tables import evidence, flag, presence, quarantine, report, standing, unattributed
from provisioning.store.engine import open_engine

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
KILLED = 9


def _in_a_process_killed_at(url: str, n: int, arrivals: list[Arrival], now: int) -> int:
    """Take in the arrivals in a process of their own that dies at its n-th step; return its exit code."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        steps = itertools.count(1)

        def step(*_: Any) -> None:
            if next(steps) == n:
                os._exit(KILLED)

        engine = open_engine(url)
        event.listen(engine, "before_cursor_execute", step)
        event.listen(engine, "commit", step)
        ingest(engine, arrivals, POLICY, now)
        step()
        code = 0
    finally:
        os._exit(code)


def test_killed_at_any_step_ingest_settles_each_report_once_when_it_comes_again(
    country: Any, database_url: str, now: int
) -> None:
    school = country.participation_id = country.site("school")
    steps_survived = 0
    for n in itertools.count(1):
        sender = country.device(f"d-{n:08}", "school", is_spare=n > 1)
        arrivals = [
            sender.presence("connected"),
            sender.report(1, sender.body(line={"download_mbps": 1.0})),
            sender.report(2, b"poison"),
            sender.report(5, dropped=(3, 4)),
            sender.snapshot(),
        ]
        code = _in_a_process_killed_at(database_url, n, arrivals, now)
        if code == 0:
            break
        assert code == KILLED
        steps_survived += 1

        receipts = ingest(country.engine, arrivals, POLICY, now)

        assert [receipt.ack.upto for receipt in receipts] == [5]
        assert country.books(sender.name) == {sender.spool_id: (5, 2, 0, 2, 1)}
    assert steps_survived >= 15  # fewer: the killing did not reach the statements
    with country.engine.connect() as connection:
        seqs = connection.execute(select(report.c.spool, report.c.seq)).all()
        poisoned = connection.execute(select(quarantine.c.spool)).scalars().all()
        facts = connection.execute(select(evidence.c.device_id, evidence.c.fact)).all()
        levels = connection.execute(select(standing.c.level)).scalars().all()
        flags = connection.execute(select(flag.c.id)).all()
    assert len(seqs) == len(set(seqs)) == 2 * (steps_survived + 1)
    assert len(poisoned) == len(set(poisoned)) == steps_survived + 1
    measured = len(json.loads(sender.body())["measurements"])
    assert len(facts) == len(set(facts)) == measured * (steps_survived + 1)
    assert levels == ["ready"]
    assert flags == []
    assert country.level(school) == "ready"


def test_a_message_that_breaks_the_transaction_is_quarantined_and_stops_nobody(
    country: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collector.intake import batch

    country.site("school")
    good, bad = country.device("d-00000001", "school"), country.device("d-00000002", "school", is_spare=True)
    facts = batch.facts

    def broken(read: Any, frame: Any, received_at: int) -> Any:
        if read.device == bad.name:
            raise KeyError("a fault of ours")
        return facts(read, frame, received_at)

    monkeypatch.setattr(batch, "facts", broken)

    receipts = ingest(country.engine, [good.report(1), bad.report(1), good.report(2)], POLICY, now)

    assert [(receipt.device, receipt.ack.upto) for receipt in receipts] == [
        (good.name, 1),
        (bad.name, 1),
        (good.name, 2),
    ]
    assert country.books(bad.name) == {bad.spool_id: (1, 0, 0, 0, 1)}
    with country.engine.connect() as connection:
        row = connection.execute(select(quarantine)).one()
    assert (row.reason, row.detail) == ("not_processed", "KeyError('a fault of ours')")


def test_a_presence_that_breaks_the_transaction_is_counted_and_never_comes_again_for_ever(
    country: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collector.store.intake import devices

    country.site("school")
    good, bad = country.device("d-00000001", "school"), country.device("d-00000002", "school", is_spare=True)
    save_presence = devices.save_presence

    def broken(connection: Any, rows: Any) -> None:
        if any(row["device_id"] == 2 for row in rows):
            raise KeyError("a fault of ours")
        save_presence(connection, rows)

    monkeypatch.setattr(devices, "save_presence", broken)

    ingest(country.engine, [good.presence("connected"), bad.presence("connected"), good.report(1)], POLICY, now)

    assert country.books(good.name) == {good.spool_id: (1, 1, 0, 0, 0)}
    with country.engine.connect() as connection:
        assert connection.execute(select(unattributed.c.reason)).scalars().all() == ["not_processed"]
        assert connection.execute(select(presence.c.device_id)).scalars().all() == [1]
