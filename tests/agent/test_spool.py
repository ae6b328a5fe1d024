from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
import zlib
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent import paths
from agent.child import Server
from agent.spool import (
    MAX_BODY_BYTES,
    MAX_REMEMBERED,
    ReportTooLargeError,
    Spool,
    SpoolError,
    SpoolFullError,
    beside_the_resident,
)
from contract import wire
from contract.clock import Clock

CAP = 1 << 20


def bodies(spool: Spool, after: int = 0) -> list[tuple[int, bytes]]:
    return [(r.seq, r.body) for r in spool.after(after, 10_000)]


def length(dropped: tuple[int, int]) -> int:
    return 0 if dropped == (0, 0) else dropped[1] - dropped[0] + 1


def test_what_is_appended_waits_in_order_until_it_is_acknowledged(spool):
    assert [spool.append(body) for body in (b"a", b"b", b"c")] == [1, 2, 3]
    assert bodies(spool) == [(1, b"a"), (2, b"b"), (3, b"c")]
    assert bodies(spool, after=1) == [(2, b"b"), (3, b"c")]
    spool_id = spool.counters().spool_id
    spool.acknowledge(spool_id, 2)
    assert bodies(spool) == [(3, b"c")]
    spool.acknowledge(spool_id, 1)  # late
    spool.acknowledge("0" * 16, 3)  # another spool's
    assert bodies(spool) == [(3, b"c")]
    counters = spool.counters()
    assert (counters.accepted_upto, counters.acked_upto, counters.spooled, counters.dropped_range) == (3, 2, 1, (0, 0))


def test_everything_is_there_again_after_a_restart(tmp_path, clock):
    first = Spool(tmp_path, CAP, clock)
    first.append(b"kept")
    first.remember("c-1")
    number = first.next_connection()
    spool_id = first.counters().spool_id
    first.close()
    second = Spool(tmp_path, CAP, clock)
    assert bodies(second) == [(1, b"kept")]
    assert second.counters().spool_id == spool_id
    assert second.knows("c-1")
    assert second.next_connection() > number
    second.close()


def test_over_the_cap_the_oldest_go_and_are_told(tmp_path, clock):
    spool = Spool(tmp_path, 65_536, clock)
    for _ in range(40):
        spool.append(b"x" * 3000)
    counters = spool.counters()
    assert counters.dropped_range == (1, 24)
    assert counters.dropped_ever == 24
    assert [seq for seq, _ in bodies(spool)] == list(range(25, 41))
    spool.acknowledge(counters.spool_id, 30)
    assert spool.counters().dropped_range == (0, 0)
    spool.close()


def test_the_files_stay_near_the_cap_whatever_comes(tmp_path, clock):
    spool = Spool(tmp_path, 1 << 18, clock)
    chance = random.Random(7)
    for _ in range(400):
        spool.append(chance.randbytes(chance.choice((1, 500, 2100, 4090, 9000, MAX_BODY_BYTES))))
    assert sum(file.stat().st_size for file in tmp_path.glob("*.db")) <= (1 << 18) * 1.25 + 32 * 4096
    spool.close()


def test_a_report_that_no_message_could_carry_is_refused(spool):
    with pytest.raises(ReportTooLargeError):
        spool.append(b"x" * (MAX_BODY_BYTES + 1))
    with pytest.raises(ReportTooLargeError):
        spool.append(b"")
    assert spool.append(b"x" * MAX_BODY_BYTES) == 1
    frame = wire.Frame("f" * 16, *[wire.MAX_INT] * 2, 0, *[wire.MAX_INT] * 2, "f" * 36, *[wire.MAX_INT] * 2)
    assert len(wire.encode_report(frame, b"x" * MAX_BODY_BYTES)) <= wire.MAX_REPORT_BYTES


def test_a_connection_number_grows_and_follows_the_wall_clock(spool, clock):
    first = spool.next_connection()
    assert first == clock.wall // 1_000_000
    assert spool.next_connection() == first + 1
    clock.wall -= 10**15  # the battery is empty
    assert spool.next_connection() == first + 2


def test_the_last_hundred_commands_are_remembered(spool):
    for number in range(MAX_REMEMBERED + 5):
        spool.remember(f"c-{number}")
    assert not spool.knows("c-4")
    assert spool.knows("c-5")
    assert spool.knows(f"c-{MAX_REMEMBERED + 4}")


def test_two_programs_share_a_spool(tmp_path, clock):
    resident, once = Spool(tmp_path, CAP, clock), Spool(tmp_path, CAP, clock, checkpoints=False)
    resident.append(b"by the resident")
    assert once.append(b"by once") == 2
    assert bodies(resident) == [(1, b"by the resident"), (2, b"by once")]
    once.close()
    assert resident.append(b"again") == 3
    resident.close()


def test_a_command_line_finds_the_residents_spool_and_leaves_checkpoints_to_it(write_settings, clock):
    settings = write_settings(("mqtt://127.0.0.1:1",), Server("127.0.0.1", 1, 1))
    resident = Spool(paths.spool(settings.folder, settings.device), settings.spool_cap_bytes, clock)
    resident.append(b"by the resident")
    once = beside_the_resident(settings, clock)
    assert bodies(once) == [(1, b"by the resident")]
    periods = [spool._db.execute("PRAGMA wal_autocheckpoint").fetchone()[0] for spool in (resident, once)]
    assert [period > 0 for period in periods] == [True, False]
    once.close()
    resident.close()


def test_when_one_program_sets_a_file_aside_the_other_follows(tmp_path, clock):
    resident, once = Spool(tmp_path, CAP, clock), Spool(tmp_path, CAP, clock, checkpoints=False)
    resident.append(b"lost")
    once.append(b"lost too")
    once.acknowledge(once.counters().spool_id, 99)  # the centre has settled what this file never held
    assert once.set_aside == 1
    once.append(b"new")
    assert bodies(resident) == [(1, b"new")]
    assert resident.counters().spool_id == once.counters().spool_id
    resident.close()
    once.close()


def test_a_body_changed_on_disk_is_given_out_empty_so_that_its_seq_is_settled(tmp_path, clock):
    spool = Spool(tmp_path, CAP, clock)
    for body in (b"first", b"the one that rots", b"third"):
        spool.append(body)
    spool.close()
    file = tmp_path / "1.db"
    file.write_bytes(file.read_bytes().replace(b"the one that rots", b"the one that rotS"))
    spool = Spool(tmp_path, CAP, clock)
    assert bodies(spool) == [(1, b"first"), (2, b""), (3, b"third")]
    assert spool.set_aside == 0
    spool.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE state SET spool_id = '0123456789abcdef'",
        "UPDATE state SET accepted_upto = accepted_upto - 1",
        "UPDATE state SET acked_upto = acked_upto + 1",
        "DELETE FROM state",
        "INSERT INTO report VALUES (99, 0, 0, x'00')",
        "ALTER TABLE report RENAME COLUMN body TO bodY2",
        "CREATE INDEX other ON report (crc32)",
        "DROP TABLE command",
    ],
)
def test_books_that_contradict_themselves_are_never_believed(tmp_path, clock, damage):
    spool = Spool(tmp_path, CAP, clock)
    for _ in range(3):
        spool.append(b"x")
    before = spool.counters()
    spool.close()
    with closing(sqlite3.connect(tmp_path / "1.db", isolation_level=None)) as db:
        db.execute(damage)
    after = spool.counters()
    if "INSERT" in damage:  # a row nobody counted is passed over
        spool.append(b"y")
        assert [seq for seq, _ in bodies(spool)] == [1, 2, 3, 4]
    else:
        assert spool.set_aside == 1
        assert after.spool_id not in (before.spool_id, "0123456789abcdef")
    spool.close()


def test_a_page_in_use_that_is_also_called_free_is_found_before_it_is_written_over(tmp_path, clock):
    spool = Spool(tmp_path, CAP, clock)
    for _ in range(10):
        spool.append(b"x" * 9000)
    spool.acknowledge(spool.counters().spool_id, 5)
    spool.close()
    content = bytearray((tmp_path / "1.db").read_bytes())
    assert int.from_bytes(content[32:36], "big") > 0  # the first free page, says the header
    content[32:36] = (2).to_bytes(4, "big")
    (tmp_path / "1.db").write_bytes(content)
    spool.counters()
    assert spool.set_aside == 1
    spool.close()


def test_only_the_newest_damaged_file_is_kept(tmp_path, clock):
    spool_ids = set()
    for _ in range(4):
        spool = Spool(tmp_path, CAP, clock)
        spool.append(b"x")
        spool_ids.add(spool.counters().spool_id)
        spool.close()
        newest = max(tmp_path.glob("*.db"), key=lambda file: int(file.stem))
        newest.write_bytes(b"this is no database" * 100)
    assert len(spool_ids) == 4
    spool = Spool(tmp_path, CAP, clock)
    assert spool.append(b"on it goes") == 1
    assert sorted(file.name for file in tmp_path.glob("*.db")) == ["4.db", "5.db"]
    spool.close()


def test_a_full_disk_refuses_and_loses_nothing(tmp_path, clock, monkeypatch):
    spool = Spool(tmp_path, CAP, clock)
    spool.append(b"before")
    spool_id = spool.counters().spool_id
    spool._db.execute("PRAGMA max_page_count = 6")  # SQLite then says what it says of a full disk
    with pytest.raises(SpoolFullError):
        spool.append(b"x" * 30_000)
    spool.close()
    assert bodies(spool) == [(1, b"before")]
    assert spool.append(b"after") == 2
    assert spool.counters().spool_id == spool_id
    spool.close()


def test_a_file_that_cannot_be_opened_on_a_full_disk_is_not_set_aside(tmp_path, clock, monkeypatch):
    spool = Spool(tmp_path, CAP, clock)
    spool.append(b"before")
    spool.close()
    monkeypatch.setattr("shutil.disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    monkeypatch.setattr(spool, "_open", _failing_open)
    with pytest.raises(SpoolFullError):
        spool.counters()
    monkeypatch.undo()
    assert bodies(spool) == [(1, b"before")]
    spool.close()


def _failing_open(number):
    raise sqlite3.OperationalError("disk I/O error")


def test_a_folder_that_cannot_be_made_is_told(tmp_path, clock):
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError):
        Spool(tmp_path / "file" / "spool", CAP, clock).counters()


# --- against a model


class Books(RuleBasedStateMachine):
    """A spool beside a dictionary that does the same."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.spool = Spool(self.folder, 65_536, Clock())
        self.waiting: dict[int, bytes] = {}
        self.accepted = self.acked = 0

    @rule(size=st.sampled_from([1, 100, 4000, 4032, 4033, 9000, MAX_BODY_BYTES]))
    def append(self, size):
        body = (b"%d " % (self.accepted + 1) * size)[:size]
        assert self.spool.append(body) == self.accepted + 1
        self.accepted += 1
        self.waiting[self.accepted] = body
        while sum(-(-(len(b) + 64) // 4096) * 4096 for b in self.waiting.values()) > 65_536:
            del self.waiting[min(self.waiting)]

    @precondition(lambda self: self.accepted > 0)
    @rule(chance=st.randoms(use_true_random=False))
    def acknowledge(self, chance):
        upto = chance.randint(0, self.accepted)
        self.spool.acknowledge(self.spool.counters().spool_id, upto)
        if upto > self.acked:
            self.acked = upto
            self.waiting = {seq: body for seq, body in self.waiting.items() if seq > upto}

    @rule()
    def reopen(self):
        self.spool.close()
        self.spool = Spool(self.folder, 65_536, Clock())

    @invariant()
    def the_books_agree(self):
        if not hasattr(self, "spool"):
            return
        counters = self.spool.counters()
        assert dict(bodies(self.spool)) == self.waiting
        assert (counters.accepted_upto, counters.acked_upto) == (self.accepted, self.acked)
        assert counters.spooled == len(self.waiting)
        assert counters.accepted_upto == counters.acked_upto + counters.spooled + length(counters.dropped_range)
        assert self.spool.set_aside == 0

    def teardown(self):
        if hasattr(self, "spool"):
            self.spool.close()
            shutil.rmtree(self.folder)


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_checksum_binds_a_report_to_its_seq(tmp_path, clock):
    spool = Spool(tmp_path, CAP, clock)
    spool.append(b"a")
    spool._db.execute("UPDATE report SET crc32 = ?", (zlib.crc32(b"a"),))  # right for the body, wrong for seq 1
    assert bodies(spool) == [(1, b"")]
    spool.close()
