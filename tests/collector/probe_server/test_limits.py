"""When a probe server takes itself for what limits the tests that run."""

import asyncio

import pytest

from collector.probe_server.keys import SLOTS
from collector.probe_server.limits import Card, Limits, read_card


@pytest.fixture
def limits(probe):
    probe.ask("dev-00000001")
    return Limits(probe.app[SLOTS], 100.0)


@pytest.fixture
def is_limited(probe):
    """A function that tells whether the slot that runs is marked."""

    def look():
        (slot,) = probe.app[SLOTS]
        return slot.is_server_limited

    return look


def test_a_loop_that_is_late_marks_the_tests_that_run_and_not_those_that_come(limits, probe, is_limited):
    limits.note_lag(0.1)
    assert not is_limited()
    limits.note_lag(0.3)
    assert is_limited()
    assert limits.lag_s == pytest.approx(0.3)
    probe.ask("dev-00000002")
    assert [slot.is_server_limited for slot in probe.app[SLOTS]] == [True, False]


@pytest.mark.parametrize(("sent_mbps", "received_mbps", "limited"), [(80, 80, False), (90, 1, True), (1, 90, True)])
def test_a_card_that_is_nearly_full_marks_them(limits, is_limited, sent_mbps, received_mbps, limited):
    before = Card(10.0, 1_000, 1_000)
    limits.note_card(before)
    marked_before = is_limited()
    limits.note_card(Card(12.0, 1_000 + sent_mbps * 250_000, 1_000 + received_mbps * 250_000))
    assert (marked_before, is_limited()) == (False, limited)


def test_the_cards_of_this_machine_are_read():
    assert read_card().at_s > 0


def test_a_loop_that_is_quiet_marks_nothing(limits, is_limited):
    async def briefly():
        watching = asyncio.create_task(limits.watch())
        await asyncio.sleep(0.12)
        watching.cancel()

    asyncio.run(briefly())
    assert limits.lag_s < 0.25
