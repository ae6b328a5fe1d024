"""What becomes of the ledger's changes when its file cannot be written, and at the end."""

import asyncio
import sqlite3
from contextlib import suppress

import pytest

from collector.probe_server import keeping
from collector.probe_server.keeping import Keeping
from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.ledger.store import Store, open_store
from collector.probe_server.ledger.terms import Ask

ASK = Ask("device-0001", ("01", "001"), "tv", 60_000_000)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger():
    """One of whose devices runs, and another has ended."""
    made = Ledger(Caps(400_000_000, (400_000_000,), 60_000_000))
    for device in ("device-0001", "device-0002"):
        slot = made.ask(ASK._replace(device=device), 0.0).slot
        made.rebook(slot.number, 1.0)
    made.end(made.ask(ASK, 11.0).slot.number, 20.0, 5_000_000)
    return made


def keep_for(kept, seconds):
    async def briefly():
        with suppress(TimeoutError):
            await asyncio.wait_for(kept.keep(), seconds)

    asyncio.run(briefly())


def test_what_cannot_be_written_is_counted_and_written_when_it_can_be(file, ledger, monkeypatch, caplog):
    monkeypatch.setattr(keeping, "_EVERY_S", 0.02)
    store = Store(file)
    kept = Keeping(ledger, store)
    with monkeypatch.context() as broken:
        broken.setattr(Store, "_write", refuse)
        keep_for(kept, 0.2)
        assert kept.failures > 1
        assert kept.unwritten == 3  # a booking made, one that is gone, a slot that has ended
        assert caplog.text.count("disk is full") == 1
    keep_for(kept, 0.2)
    assert kept.unwritten == 0
    assert [booking.ask.device for booking in store.load().bookings] == ["device-0002"]
    store.close()


def test_the_last_second_is_written_at_the_end_and_what_is_lost_is_told(file, ledger, monkeypatch, caplog):
    store = Store(file)
    monkeypatch.setattr(Store, "_write", refuse)
    Keeping(ledger, store).finish()
    assert "3 bookings and slots of the ledger are lost" in caplog.text
    monkeypatch.undo()
    ledger.rebook(ledger.ask(ASK, 30.0).slot.number, 30.0)
    Keeping(ledger, store).finish()
    assert [booking.ask.device for booking in store.load().bookings] == ["device-0001"]
    store.close()


def test_a_damaged_file_is_set_aside_and_begun_anew(file, caplog):
    file.write_bytes(b"no database" * 1000)
    store, kept = open_store(file)
    assert kept.bookings == []
    store.close()
    assert next(other.name for other in file.parent.glob("*damaged*")).startswith("ledger.db.damaged")
    assert "is damaged" in caplog.text


def test_a_file_that_cannot_be_opened_ends_the_server(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        open_store(tmp_path / "nowhere" / "ledger.db")


def refuse(*_):
    raise sqlite3.OperationalError("the disk is full")
