"""Keeps reports on disk until the centre acknowledges them, through power cuts, full disks and damaged files.

A spool is a folder of SQLite files `<number>.db`, of which the highest is in use. A file found damaged is never
repaired or renamed while another program may have it open: the next number opens, with a new spool id, and only the
newest damaged file is kept for whoever wants to look. The resident and a command line may use one spool at once.

Books: accepted_upto = settled by the centre (acked_upto) + dropped for space since + spooled.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple, TypeVar

from agent import paths
from agent.settings import Settings
from contract import wire
from contract.clock import Clock

MAX_BODY_BYTES = wire.MAX_REPORT_BYTES - 256  # a frame of up to 256 bytes is put before it at each sending
MAX_REMEMBERED = 100  # command ids

_PAGE_BYTES = 4096
_ROOM_BYTES = 128 * 1024  # below this SQLite may fail to open even a sound file
_ROW_BYTES = 64  # what a row needs beside its body, generously
_SCHEMA = (
    "CREATE TABLE report (seq INTEGER PRIMARY KEY, spooled_us INTEGER NOT NULL, crc32 INTEGER NOT NULL,"
    " body BLOB NOT NULL)",
    "CREATE TABLE state (id INTEGER PRIMARY KEY, spool_id TEXT NOT NULL, accepted_upto INTEGER NOT NULL,"
    " acked_upto INTEGER NOT NULL, dropped INTEGER NOT NULL, connection INTEGER NOT NULL, crc32 INTEGER NOT NULL)",
    "CREATE TABLE command (n INTEGER PRIMARY KEY, id TEXT NOT NULL)",
)
_COST = f"(length(body) + {_ROW_BYTES + _PAGE_BYTES - 1}) / {_PAGE_BYTES} * {_PAGE_BYTES}"
T = TypeVar("T")


class SpoolError(Exception):
    """The spool could not do what was asked; the text says why."""


class ReportTooLargeError(SpoolError):
    """A report longer than the contract allows; it is not accepted."""


class SpoolFullError(SpoolError):
    """The disk is full; the report is not accepted."""


class Spooled(NamedTuple):
    """A report that waits; an empty body stands for one found damaged, which is sent so that its seq is settled."""

    spool_id: str
    seq: int
    body: bytes
    spooled_us: int  # by the wall clock; 0 when damaged


class Counters(NamedTuple):
    """The books of a spool."""

    spool_id: str
    accepted_upto: int
    acked_upto: int
    oldest: int  # the lowest seq that waits; accepted_upto + 1 when none does
    dropped_ever: int  # over the life of this spool

    @property
    def spooled(self) -> int:
        """How many reports wait."""
        return self.accepted_upto - self.oldest + 1

    @property
    def dropped_range(self) -> Tuple[int, int]:
        """First and last of the seqs dropped since the last ack; 0, 0 when none was."""
        low, high = self.acked_upto + 1, self.oldest - 1
        return (low, high) if low <= high else (0, 0)


class _State(NamedTuple):
    spool_id: str
    accepted_upto: int
    acked_upto: int
    dropped: int
    connection: int

    def checksum(self) -> int:
        return zlib.crc32(repr(tuple(self)).encode())


class _DamagedError(Exception):
    """What is in the file contradicts itself."""


class Spool:
    """The spool of one device in `folder`, of at most `cap_bytes` on disk; over the cap the oldest reports go."""

    def __init__(self, folder: Path, cap_bytes: int, clock: Clock, *, checkpoints: bool = True) -> None:
        """Name the spool; its file is opened, and made, by the first operation.

        checkpoints: false in a command line that runs beside the resident: SQLite before 3.51.3 can corrupt its
        write-ahead log when two connections checkpoint at once (sqlite.org/wal.html, "the WAL-reset bug").
        """
        self.set_aside = 0  # damaged files met by this object
        self._folder = folder
        self._cap_bytes = cap_bytes
        self._clock = clock
        self._checkpoints = checkpoints
        self._number = 0
        self._db: Optional[sqlite3.Connection] = None

    def append(self, body: bytes) -> int:
        """Accept a report and return its seq; it is on disk then.

        Raises ReportTooLargeError, SpoolFullError when the disk is full, SpoolError.
        """
        if not 0 < len(body) <= MAX_BODY_BYTES:
            raise ReportTooLargeError(f"a report of {len(body)} bytes; 1 to {MAX_BODY_BYTES} are allowed")
        return self._do(lambda: self._append(body))

    def acknowledge(self, spool_id: str, upto: int) -> None:
        """Forget the reports up to `upto`, which the centre has settled; an ack for another spool does nothing."""
        self._do(lambda: self._acknowledge(spool_id, upto))

    def counters(self) -> Counters:
        """Return the books."""
        return self._do(self._read_counters)

    def after(self, seq: int, limit: int) -> List[Spooled]:
        """Return the reports that follow `seq`, oldest first, at most `limit`, with no gap between them."""
        return self._do(lambda: self._after(seq, limit))

    def next_connection(self) -> int:
        """Return the number of a new connection: above the last one, and not below the wall clock's seconds."""
        return self._do(self._next_connection)

    def remember(self, command_id: str) -> None:
        """Note that a command was carried out; the last 100 are kept."""
        self._do(lambda: self._remember(command_id))

    def knows(self, command_id: str) -> bool:
        """Tell whether a command was carried out already."""
        return self._do(lambda: self._row("SELECT n FROM command WHERE id = ?", command_id) is not None)

    def close(self) -> None:
        """Close the file; the object opens it again if it is used again."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
        self._db = None

    # --- every operation: on the file in use, and once more on the next one if that is damaged

    def _do(self, operation: Callable[[], T]) -> T:
        try:
            newest = self._newest()
            for number in range(newest, newest + 3):
                try:
                    if self._db is None or self._number != number:
                        self._open(number)
                    return operation()
                except (sqlite3.Error, _DamagedError) as error:
                    self.close()
                    _raise_unless_damaged(error, self._folder)
                    self.set_aside += 1
            raise SpoolError(f"no spool file can be used in {self._folder}")
        except OSError as error:
            raise SpoolError(f"{self._folder}: {error.strerror or error}") from error

    def _newest(self) -> int:
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 - far quicker than Path.iterdir, and each operation looks
        except FileNotFoundError:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = []
        numbers = [int(name[:-3]) for name in names if name[:-3].isdigit() and name[-3:] == ".db"]
        return max(numbers, default=1)

    def _open(self, number: int) -> None:
        self.close()
        db = sqlite3.connect(str(self._folder / f"{number}.db"), timeout=10, isolation_level=None)
        self._db, self._number = db, number
        db.text_factory = lambda raw: raw.decode(
            "utf-8", "replace"
        )  # damaged text is found by checksum, not by an error
        pages = self._cap_bytes // _PAGE_BYTES
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "cache_size = -256",
            f"wal_autocheckpoint = {64 if self._checkpoints else 0}",
            f"max_page_count = {pages + pages // 64 + 32}",  # reports, the tree above them, the other tables
        ):
            db.execute(f"PRAGMA {pragma}")
        if self._row("PRAGMA quick_check(1)") != ("ok",):
            raise _DamagedError("quick_check")
        with self._writing():
            self._make_or_compare()
        self._forget_before(number - 1)

    def _make_or_compare(self) -> None:
        found = [sql for (sql,) in self._rows("SELECT sql FROM sqlite_master ORDER BY rowid")]
        if not found:
            for statement in _SCHEMA:
                self._rows(statement)
            self._write_state(_State(secrets.token_hex(8), 0, 0, 0, 0))
        elif found != list(_SCHEMA):
            raise _DamagedError("schema")
        self._state()

    def _forget_before(self, number: int) -> None:
        for old in self._folder.glob("*.db*"):
            name = old.name.partition(".")[0]
            if name.isdigit() and int(name) < number:
                with suppress(OSError):
                    old.unlink()

    # --- what is done inside, with the file open

    def _append(self, body: bytes) -> int:
        with self._writing():
            state = self._state()
            seq = state.accepted_upto + 1
            dropped = self._drop_for(_cost(len(body)))
            self._rows("INSERT INTO report VALUES (?, ?, ?, ?)", seq, self._clock.wall_us(), _checksum(seq, body), body)
            self._write_state(state._replace(accepted_upto=seq, dropped=state.dropped + dropped))
        return seq

    def _drop_for(self, needed_bytes: int) -> int:
        """Drop the oldest reports until `needed_bytes` fit under the cap; return how many went."""
        (used,) = self._row(f"SELECT coalesce(sum({_COST}), 0) FROM report") or (0,)  # noqa: S608 - our own constant
        dropped = 0
        while used + needed_bytes > self._cap_bytes:
            oldest = self._row(f"SELECT seq, {_COST} FROM report ORDER BY seq LIMIT 1")  # noqa: S608
            if oldest is None:
                break
            self._rows("DELETE FROM report WHERE seq = ?", oldest[0])
            used -= oldest[1]
            dropped += 1
        return dropped

    def _acknowledge(self, spool_id: str, upto: int) -> None:
        state = self._state()
        if spool_id != state.spool_id or upto <= state.acked_upto:
            return
        if upto > state.accepted_upto:  # the disk lost what it had promised to keep: these seqs must not be used again
            raise _DamagedError("the centre has settled more than the file holds")
        with self._writing():
            self._rows("DELETE FROM report WHERE seq <= ?", upto)
            self._write_state(self._state()._replace(acked_upto=upto))

    def _read_counters(self) -> Counters:
        with self._reading():
            return self._counters()

    def _counters(self) -> Counters:
        state = self._state()
        row = self._row("SELECT min(seq) FROM report WHERE seq > ?", state.acked_upto)
        oldest = row[0] if row and row[0] is not None else state.accepted_upto + 1
        if oldest > state.accepted_upto + 1:
            raise _DamagedError("a report above the last accepted one")
        return Counters(state.spool_id, state.accepted_upto, state.acked_upto, oldest, state.dropped)

    def _after(self, seq: int, limit: int) -> List[Spooled]:
        with self._reading():
            counters = self._counters()
            first = max(seq + 1, counters.oldest)
            last = min(first + limit - 1, counters.accepted_upto)
            rows = self._rows("SELECT seq, spooled_us, crc32, body FROM report WHERE seq BETWEEN ? AND ?", first, last)
        sound = {row[0]: row for row in rows if isinstance(row[3], bytes) and row[2] == _checksum(row[0], row[3])}
        reports = []
        for number in range(first, last + 1):
            _, spooled_us, _, body = sound.get(number, (0, 0, 0, b""))
            reports.append(Spooled(counters.spool_id, number, body, spooled_us if isinstance(spooled_us, int) else 0))
        return reports

    def _next_connection(self) -> int:
        with self._writing():
            state = self._state()
            number = max(state.connection + 1, self._clock.wall_us() // 1_000_000)
            self._write_state(state._replace(connection=number))
        return number

    def _remember(self, command_id: str) -> None:
        with self._writing():
            self._rows("INSERT INTO command (id) VALUES (?)", command_id)
            self._rows("DELETE FROM command WHERE n <= (SELECT max(n) FROM command) - ?", MAX_REMEMBERED)

    def _state(self) -> _State:
        row = self._row("SELECT spool_id, accepted_upto, acked_upto, dropped, connection, crc32 FROM state")
        if row is None or _State(*row[:5]).checksum() != row[5]:
            raise _DamagedError("state")
        return _State(*row[:5])

    def _write_state(self, state: _State) -> None:
        self._rows("INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?, ?)", *state, state.checksum())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._rows(begin)
        try:
            yield
            self._rows("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._rows("ROLLBACK")
            raise

    def _rows(self, sql: str, *values: Any) -> List[Any]:
        if self._db is None:
            raise _DamagedError("closed")
        return self._db.execute(sql, values).fetchall()

    def _row(self, sql: str, *values: Any) -> Optional[Tuple[Any, ...]]:
        rows = self._rows(sql, *values)
        return rows[0] if rows else None


def _raise_unless_damaged(error: Exception, folder: Path) -> None:
    import shutil  # with lzma and bz2 it is 0.6 MB of memory, for what hardly ever happens

    text = str(error)
    if "full" in text or shutil.disk_usage(folder).free < _ROOM_BYTES:  # SQLite calls a full disk by several names
        raise SpoolFullError("the disk is full") from error
    if "locked" in text:
        raise SpoolError("another program holds the spool") from error


def _cost(body_bytes: int) -> int:
    """Return the whole pages that a report takes on disk, in bytes."""
    return (body_bytes + _ROW_BYTES + _PAGE_BYTES - 1) // _PAGE_BYTES * _PAGE_BYTES


def _checksum(seq: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(str(seq).encode()))  # with its seq: a report under a wrong seq is damaged too


def beside_the_resident(settings: Settings, clock: Clock) -> Spool:
    """Return this device's spool for a command line, which may run while the resident does."""
    folder = paths.spool(settings.folder, settings.device)
    return Spool(folder, settings.spool_cap_bytes, clock, checkpoints=False)
