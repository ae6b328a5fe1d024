"""Keeps a ledger's bookings and history in a local SQLite file, so that they survive a restart.

A write is one short transaction of what changed since the last one: call `save` every second or so, in a thread. A
crash loses what changed after that, and whoever is concerned asks again.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from collector.probe_server.ledger.costs import Costs
from collector.probe_server.ledger.terms import Ask, Booking, Cost, Ended

KEPT_SLOTS = 200_000  # of the history: a few campaigns of the whole country
_LEARNED_FROM = 20_000  # of them, the last ones

_log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS booking (device TEXT PRIMARY KEY, units TEXT NOT NULL, need_class TEXT NOT NULL,
    peak_bps INTEGER NOT NULL, is_on_demand INTEGER NOT NULL, at_s REAL NOT NULL, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ended (n INTEGER PRIMARY KEY, ended_s REAL NOT NULL, need_class TEXT NOT NULL,
    is_on_demand INTEGER NOT NULL, duration_s REAL NOT NULL, work_bits REAL NOT NULL, moved_bytes REAL NOT NULL);
"""


class Kept(NamedTuple):
    """What a ledger begins with."""

    costs: Costs
    bookings: list[Booking]


class Store:
    """The file of one ledger."""

    def __init__(self, file: Path) -> None:
        """Open the file, and make it when there is none."""
        self._writing = threading.Lock()
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def load(self) -> Kept:
        """Return what was kept, and drop history that is old."""
        with self._writing:
            self._db.execute("DELETE FROM ended WHERE n <= (SELECT max(n) FROM ended) - ?", (KEPT_SLOTS,))
            bookings = [
                Booking(Ask(device, tuple(json.loads(units)), need_class, peak_bps, bool(is_on_demand)), at_s, number)
                for device, units, need_class, peak_bps, is_on_demand, at_s, number in self._db.execute(
                    "SELECT device, units, need_class, peak_bps, is_on_demand, at_s, number FROM booking"
                )
            ]
            means = self._db.execute(
                "SELECT need_class, count(*), avg(duration_s), avg(work_bits), avg(moved_bytes) FROM ended"
                " WHERE n > (SELECT max(n) FROM ended) - ? GROUP BY need_class",
                (_LEARNED_FROM,),
            ).fetchall()
        return Kept(Costs({need_class: (slots, Cost(*mean)) for need_class, slots, *mean in means}), bookings)

    def save(self, changed: Mapping[str, Booking | None], ended: Iterable[Ended]) -> None:
        """Write what `Ledger.take_changes` returned, all or nothing; from any thread. Raises sqlite3.Error."""
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._write(changed, ended)
                self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:  # a full disk may have rolled it back already
                    self._db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._writing:
            self._db.close()

    def _write(self, changed: Mapping[str, Booking | None], ended: Iterable[Ended]) -> None:
        gone = [(device,) for device, booking in changed.items() if booking is None]
        made = [
            (*_columns(booking.ask), booking.at_s, booking.number)
            for booking in changed.values()
            if booking is not None
        ]
        self._db.executemany("DELETE FROM booking WHERE device = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO booking VALUES (?, ?, ?, ?, ?, ?, ?)", made)
        self._db.executemany(
            "INSERT INTO ended (ended_s, need_class, is_on_demand, duration_s, work_bits, moved_bytes)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(slot.ended_s, slot.need_class, slot.is_on_demand, *slot.cost) for slot in ended],
        )


def open_store(file: Path) -> tuple[Store, Kept]:
    """Open a ledger's file and load it; one that is damaged is set aside, and told. Raises sqlite3.OperationalError."""
    try:
        return _opened(file)
    except sqlite3.OperationalError:  # no right, no room, no folder: for a person to mend
        raise
    except (sqlite3.DatabaseError, ValueError) as error:
        aside = file.with_name(f"{file.name}.damaged-{time.time_ns()}")
        _log.error("%s is damaged (%s): set aside as %s, bookings are made anew", file, error, aside.name)
        file.rename(aside)
        for beside in ("-wal", "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
        return _opened(file)


def _opened(file: Path) -> tuple[Store, Kept]:
    store = Store(file)
    try:
        return store, store.load()
    except Exception:
        store.close()
        raise


def _columns(ask: Ask) -> tuple[str, str, str, int, bool]:
    return ask.device, json.dumps(ask.units), ask.need_class, ask.peak_bps, ask.is_on_demand
