from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from collector.intake.books import Books, Settling
from collector.simulator import spool as module
from collector.simulator.spool import MOST_REPORTS, NEVER_S, WINDOW, Spool
from contract import wire
from contract.clock import Moment

NOW = Moment("b0070000-0000", 10_000, 10_000_000)
steps = st.lists(st.sampled_from(["accept", "send", "send, ack lost", "send, lost", "reconnect"]), max_size=60)


class Centre:
    """Books as the collector keeps them, and the ack that they lead to."""

    def __init__(self) -> None:
        self.books = Books("d-00000001", "", 0)

    def take(self, payloads: list[bytes]) -> int:
        for payload in payloads:
            frame, _ = wire.decode_report(payload)
            if self.books.look(frame) is Settling.NEXT:
                self.books.settle(frame, is_committed=True)
        return self.books.watermark


@given(steps, st.integers(1, 3))
def test_nothing_is_lost_or_doubled_however_messages_and_acks_are_lost(taken, most):
    module_most, module.MOST_REPORTS = module.MOST_REPORTS, most * 5
    try:
        spool, centre, now_s = Spool(random.Random(1)), Centre(), 0.0
        for step in [*taken, "reconnect", "send"]:
            now_s += 1
            if step == "accept":
                spool.accept(b"{}")
            elif step == "reconnect":
                spool.start_over()
            else:
                payloads = spool.take(NOW, now_s)
                upto = 0 if step == "send, lost" else centre.take(payloads)
                if step == "send":
                    spool.acknowledge(spool.id, upto, now_s)
        books = centre.books
        assert books.watermark == books.accepted == spool.accepted or not spool.accepted
        assert books.committed + books.dropped == books.accepted
        assert spool.counters.spooled == 0
        assert spool.again_at_s == NEVER_S
        assert books.dropped <= spool.dropped
    finally:
        module.MOST_REPORTS = module_most


def test_what_is_not_acknowledged_is_sent_again_later_and_later():
    spool = Spool(random.Random(1))
    spool.accept(b"{}")
    assert len(spool.take(NOW, 0.0)) == 1
    waits = []
    now_s = 0.0
    for _ in range(6):
        assert spool.take(NOW, now_s) == []
        waits.append(spool.again_at_s - now_s)
        now_s = spool.again_at_s
        assert len(spool.take(NOW, now_s)) == 1
    assert all(0.8 * 20 * 2**n <= wait <= 1.2 * 20 * 2**n for n, wait in enumerate(waits[:4]))
    assert waits[5] <= 360


def test_a_window_of_reports_goes_out_and_the_next_after_its_ack():
    spool = Spool(random.Random(1))
    for _ in range(WINDOW + 10):
        spool.accept(b"{}")
    assert len(spool.take(NOW, 0.0)) == WINDOW
    assert spool.take(NOW, 1.0) == []
    assert len(spool.acknowledge(spool.id, WINDOW, 3.0)) == WINDOW
    assert len(spool.take(NOW, 3.0)) == 10


def test_an_ack_for_another_spool_or_beyond_what_was_sent_settles_nothing():
    spool = Spool(random.Random(1))
    spool.accept(b"{}")
    spool.take(NOW, 0.0)
    assert spool.acknowledge("0" * 16, 1, 1.0) == []
    assert spool.acknowledge(spool.id, 2, 1.0) == []
    assert spool.acknowledge(spool.id, 1, 2.5) == [2.5]


def test_over_the_cap_the_oldest_go_and_the_next_frame_says_so():
    spool = Spool(random.Random(1))
    for _ in range(MOST_REPORTS + 3):
        spool.accept(b"{}")
    frame, _ = wire.decode_report(spool.take(NOW, 0.0)[0])
    assert (frame.seq, frame.dropped_from, frame.dropped_to) == (4, 1, 3)
    assert spool.counters == (MOST_REPORTS + 3, 0, MOST_REPORTS, 3)


def test_a_new_epoch_of_the_collector_has_it_sent_again_soon():
    spool = Spool(random.Random(1))
    spool.hear_epoch(1, 0.0)
    spool.accept(b"{}")
    spool.take(NOW, 0.0)
    spool.hear_epoch(2, 5.0)
    assert 5.0 <= spool.again_at_s <= 7.0
