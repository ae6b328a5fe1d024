"""What survives a restart."""

import sqlite3

import pytest

from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.ledger.store import KEPT_SLOTS, Store
from collector.probe_server.ledger.terms import Booking, Cost, Ended, Granted, Waiting


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ledger.db"


def restarted(ledger, caps, file, now_s):
    """Return the ledger as a new program has it."""
    store = Store(file)
    store.save(*ledger.take_changes())
    store.close()
    store = Store(file)
    ledger = Ledger(caps, *store.load(), now_s)
    store.close()
    return ledger


def test_bookings_survive_a_restart(ledger, ask, caps, file):
    answers = [ledger.ask(ask(number), 0.0) for number in range(60)]
    booked = answers[-1]
    ledger = restarted(ledger, caps, file, 5.0)
    assert ledger.figures().booked == (60, 0)  # two held a slot, and are to come first
    blocked = [ledger.ask(ask(number), 5.0) for number in (100, 101)]
    assert all(isinstance(answer, Granted) for answer in blocked)
    assert ledger.ask(ask(59), 5.0) == booked


def test_slots_of_a_dead_program_are_gone_and_their_holders_come_first(ledger, ask, caps, file):
    first = [ledger.ask(ask(number), 0.0).slot for number in range(2)]
    for number in range(2, 40):
        ledger.ask(ask(number), 0.0)
    ledger.end(first[0].number, 1.0)
    (holder,) = ledger.take_ready(1.0)
    ledger = restarted(ledger, caps, file, 2.0)
    assert sum(ledger.figures().reserved_bps) == 0
    assert isinstance(ledger.ask(ask(50), 2.0), Granted)
    assert isinstance(ledger.ask(ask(51), 2.0), Granted)
    assert isinstance(ledger.ask(ask(30), 2.0), Waiting) or ledger.ask(ask(30), 2.0).at_s > 0
    assert isinstance(ledger.ask(holder.ask, 2.0), Waiting)


def test_costs_survive_a_restart(file):
    store = Store(file)
    slots = [Ended(float(n), "tv", False, Cost(10.0 + n % 2, 1e8, 5e6)) for n in range(100)]
    store.save({}, slots)
    costs, _ = store.load()
    assert costs.is_known
    assert costs.of("tv", 60_000_000) == Cost(10.5, 1e8, 5e6)
    store.close()


def test_a_booking_that_is_gone_is_gone_from_the_file(file, ask):
    store = Store(file)
    store.save({"device-0001": Booking(ask(1), 7.0, 3)}, [])
    assert store.load().bookings == [Booking(ask(1), 7.0, 3)]
    store.save({"device-0001": None}, [])
    assert store.load().bookings == []
    store.close()


def test_old_history_is_dropped(file):
    store = Store(file)
    cost = Cost(1.0, 1.0, 1.0)
    store.save({}, [Ended(0.0, "tv", False, cost)] * (KEPT_SLOTS + 5))
    store.load()
    store.close()
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT count(*) FROM ended").fetchone() == (KEPT_SLOTS,)
    db.close()


def test_a_write_that_fails_changes_nothing(file, ask):
    store = Store(file)
    with pytest.raises(sqlite3.Error):
        store.save({"device-0001": Booking(ask(1), 7.0, None)}, [])
    assert store.load().bookings == []
    store.close()
