"""Simulated devices ask a real probe server for slots, and hold what they get as a real test does."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from collector.probe_server.document import Document, DryRun, Wave
from collector.probe_server.keys import SLOTS
from collector.simulator import slots
from collector.simulator.slots import Came, Slots
from contract import wire
from provisioning.credentials import permit_key
from tests.collector.probe_server.test_asking import FIRST


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slots are held for 50 ms."""
    monkeypatch.setattr(slots, "_HELD_S", 0.05)


def came(probe: Any, *, generation: int = 1, port: int | None = None, meanwhile: Any = None) -> Came:
    """Return what comes of asking."""

    async def ask() -> Came:
        asking = Slots(random.Random(1))
        server = wire.ProbeServer("0", "127.0.0.1", port or probe.ports.http, 1)
        test = asyncio.create_task(asking.test(server, FIRST, permit_key(probe.master, FIRST, generation)))
        if meanwhile is not None:
            await asyncio.to_thread(meanwhile)
        try:
            return await test
        finally:
            await asking.close()

    return asyncio.run(ask())


def of(document: Document, state: str, wave: int | None) -> Document:
    """Return a document with a dry run that has the first device in this wave."""
    dry_run = DryRun(id="d1", state=state, began_at=0, until_at=2**53, again_s=40, waves=(Wave(0, 0),))
    devices = {name: client._replace(wave=wave) for name, client in document.devices.items()}
    return document.model_copy(update={"dry_run": dry_run, "devices": devices})


def test_a_slot_is_held_and_given_back(probe: Any, document: Document) -> None:
    probe.obey(of(document, "running", 0))
    assert came(probe) == Came(is_tested=True)
    assert [*probe.app[SLOTS]] == []
    assert probe.app[SLOTS].ledger.figures().reserved_bps == (0, 0)


def test_who_is_booked_is_told_when_to_come_and_who_is_refused_not_to(probe: Any, document: Document) -> None:
    probe.obey(of(document, "paused", 0))
    booked = came(probe)
    assert not booked.is_tested
    assert 40 <= (booked.again_s or 0) <= 80
    probe.obey(of(document, "running", None))
    assert came(probe) == Came(False)
    assert came(probe, generation=2) == Came(False)  # a key that was revoked


def test_a_test_that_is_broken_off_is_none(probe: Any, document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        while not [*probe.app[SLOTS]]:
            pass
        probe.obey(of(document, "stopped", 0))

    monkeypatch.setattr(slots, "_HELD_S", 1.0)
    probe.obey(of(document, "running", 0))
    broken_off = came(probe, meanwhile=stop)
    assert not broken_off.is_tested
    assert 60 <= (broken_off.again_s or 0) <= 120  # to hear whether it was stopped, or the probe server began anew
    assert came(probe) == Came(False)


def test_where_nobody_answers_it_is_tried_again_soon(probe: Any, free_port: Any) -> None:
    away = came(probe, port=free_port())
    assert not away.is_tested
    assert 60 <= (away.again_s or 0) <= 120
