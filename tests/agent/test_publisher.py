from __future__ import annotations

import random

import pytest

from agent.publisher import BATCH, FIRST_WAIT_S, MOST_WAIT_S, WINDOW, Publisher
from contract import wire
from contract.clock import Moment


def at(now_s: float) -> Moment:
    return Moment("b0070000-0000-4000-8000-000000000001", int(now_s * 1000), 1_800_000_000_000_000)


@pytest.fixture
def publisher(spool):
    return Publisher(spool, random.Random(1))


def send(publisher, now_s):
    """Return the seqs that go out at this moment."""
    seqs = []
    while batch := publisher.take(at(now_s)):
        assert len(batch) <= BATCH
        seqs += [wire.decode_report(payload)[0].seq for payload in batch]
    return seqs


def resent_at(publisher, now_s, until_s):
    """Return when, and what, first goes out again."""
    while now_s < until_s:
        now_s += 0.5
        seqs = send(publisher, now_s)
        if seqs:
            return now_s, seqs
    return None, []


def fill(spool, count):
    return [spool.append(b"report") for _ in range(count)]


def test_a_frame_tells_the_books_of_the_moment(spool, publisher):
    fill(spool, 3)
    frames = [wire.decode_report(payload) for payload in publisher.take(at(5.0))]
    assert [(f.seq, f.accepted_upto, f.spooled, f.mono_ms) for f, _ in frames] == [
        (1, 3, 2, 5000),
        (2, 3, 1, 5000),
        (3, 3, 0, 5000),
    ]
    assert {body for _, body in frames} == {b"report"}


def test_a_dropped_range_is_told_with_every_report(tmp_path, clock):
    from agent.spool import Spool

    small = Spool(tmp_path / "small", 65_536, clock)
    for _ in range(20):
        small.append(b"x" * 4000)
    frame, _ = wire.decode_report(Publisher(small, random.Random(1)).take(at(0.0))[0])
    assert (frame.seq, frame.dropped_from, frame.dropped_to) == (5, 1, 4)
    small.close()


def test_at_most_a_window_is_on_its_way(spool, publisher):
    fill(spool, 70)
    assert send(publisher, 0.0) == list(range(1, WINDOW + 1))
    spool.acknowledge(spool.counters().spool_id, 10)
    assert send(publisher, 1.0) == list(range(51, 61))


def test_without_an_ack_all_goes_again_from_the_oldest_ever_more_patiently(spool, publisher):
    fill(spool, 3)
    now_s, waits = 0.0, []
    assert send(publisher, now_s) == [1, 2, 3]
    for _ in range(7):
        again_s, seqs = resent_at(publisher, now_s, now_s + 400)
        assert seqs == [1, 2, 3]
        waits.append(again_s - now_s)
        now_s = again_s
    for doublings, wait_s in enumerate(waits):
        expected_s = min(MOST_WAIT_S, FIRST_WAIT_S * 2**doublings)
        assert 0.8 * expected_s <= wait_s <= 1.2 * expected_s + 0.5


def test_an_ack_makes_it_hopeful_again(spool, publisher):
    fill(spool, 3)
    now_s = 0.0
    send(publisher, now_s)
    for _ in range(4):
        now_s, _ = resent_at(publisher, now_s, now_s + 400)
    spool.acknowledge(spool.counters().spool_id, 1)
    again_s, seqs = resent_at(publisher, now_s, now_s + 400)
    assert seqs == [2, 3]
    assert again_s - now_s <= 1.2 * FIRST_WAIT_S + 1


def test_what_is_acknowledged_is_never_sent_again(spool, publisher):
    fill(spool, 3)
    send(publisher, 0.0)
    assert publisher.is_waiting
    spool.acknowledge(spool.counters().spool_id, 3)
    assert resent_at(publisher, 0.0, 1000.0) == (None, [])
    assert not publisher.is_waiting


def test_a_new_connection_starts_from_the_oldest(spool, publisher):
    fill(spool, 3)
    send(publisher, 0.0)
    publisher.start_over()
    assert send(publisher, 1.0) == [1, 2, 3]


def test_a_new_epoch_brings_everything_again_soon_and_the_same_epoch_does_not(spool, publisher):
    fill(spool, 2)
    publisher.hear_epoch(7, 0.0)
    assert send(publisher, 0.0) == [1, 2]
    publisher.hear_epoch(7, 1.0)
    assert resent_at(publisher, 1.0, 10.0) == (None, [])
    publisher.hear_epoch(8, 10.0)
    again_s, seqs = resent_at(publisher, 10.0, 20.0)
    assert seqs == [1, 2]
    assert again_s <= 13.0


def test_devices_that_hear_an_epoch_together_do_not_answer_together(spool):
    moments = set()
    for seed in range(30):
        publisher = Publisher(spool, random.Random(seed))
        publisher.hear_epoch(1, 0.0)
        fill(spool, 1)
        send(publisher, 0.0)
        publisher.hear_epoch(2, 0.0)
        moments.add(resent_at(publisher, 0.0, 5.0)[0])
    assert len(moments) >= 3


def test_a_spool_that_was_set_aside_is_followed(spool, publisher):
    fill(spool, 5)
    old = wire.decode_report(publisher.take(at(0.0))[0])[0].spool_id
    spool.acknowledge(spool.counters().spool_id, 99)
    fill(spool, 1)
    frame, _ = wire.decode_report(publisher.take(at(1.0))[0])
    assert (frame.seq, frame.accepted_upto) == (1, 1)
    assert frame.spool_id != old


def test_a_damaged_report_is_sent_empty(spool, publisher):
    fill(spool, 1)
    spool._db.execute("UPDATE report SET body = x'00'")
    frame, body = wire.decode_report(publisher.take(at(0.0))[0])
    assert (frame.seq, body) == (1, b"")
