"""The queue between the MQTT client's threads and ingest."""

from __future__ import annotations

import threading

from collector.intake.arrival import Arrival
from collector.link.uplink import Uplink


def arrival(number: int) -> Arrival:
    return Arrival("topic", b"", number)


def snapshot(device: str, number: int) -> Arrival:
    return Arrival(f"dc/v1/a/{device}/up/snapshot", b"", number)


def test_arrivals_are_taken_in_order_and_no_more_than_asked() -> None:
    uplink = Uplink()
    for number in range(5):
        uplink.put(arrival(number))

    assert uplink.take(3, 0) == [arrival(0), arrival(1), arrival(2)]
    assert uplink.take(3, 0) == [arrival(3), arrival(4)]
    assert uplink.take(3, 0) == []


def test_of_a_devices_snapshots_that_wait_the_last_one_is_taken_in_the_place_of_the_first() -> None:
    uplink = Uplink()
    first, other, last = snapshot("device-1", 1), snapshot("device-2", 2), snapshot("device-1", 4)
    for found in (first, other, arrival(3), last):
        uplink.put(found)

    assert uplink.take(5, 0) == [last, other, arrival(3)]


def test_a_full_queue_discards_what_comes_and_counts_it_from_every_thread() -> None:
    uplink = Uplink(most_bytes=900)

    def flood() -> None:
        for number in range(1000):
            uplink.put(arrival(number))

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    kept = len(uplink.take(4000, 0))
    assert kept >= 2
    assert uplink.discarded == 4000 - kept


def test_large_messages_fill_the_queue_sooner_and_what_was_taken_leaves_room() -> None:
    uplink = Uplink(most_bytes=30_000)
    large = Arrival("topic", b"x" * 20_000, 1)
    for _ in range(3):
        uplink.put(large)
    assert (uplink.waiting, uplink.discarded) == (2, 1)

    assert uplink.take(1, 0) == [large]
    uplink.put(large)

    assert (uplink.waiting, uplink.discarded) == (2, 1)


def test_a_full_queue_still_takes_a_newer_snapshot_for_one_that_waits() -> None:
    uplink = Uplink(most_bytes=1)
    uplink.put(snapshot("device-1", 1))
    uplink.put(snapshot("device-2", 2))
    uplink.put(snapshot("device-1", 3))

    assert uplink.take(5, 0) == [snapshot("device-1", 3)]
    assert uplink.discarded == 1


def test_what_is_settled_counts_no_more_and_what_came_since_does() -> None:
    uplink = Uplink(most_bytes=0)
    uplink.put(arrival(1))
    told = uplink.discarded
    uplink.put(arrival(2))

    uplink.settle(told)

    assert uplink.discarded == 1


def test_who_waits_is_woken_by_the_first_arrival() -> None:
    uplink = Uplink()
    threading.Timer(0.05, uplink.put, [arrival(1)]).start()

    assert uplink.take(10, 20) == [arrival(1)]
