"""A spool that is killed at any point, or whose files are damaged anywhere: what it had accepted is there, or told."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.spool import Spool
from contract.clock import Clock
from tests.agent.test_spool import CAP, bodies, length

# --- every crash point: killed before the n-th statement, for all n


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory where the system has one: these tests wait for the disk many thousand times."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


KILLED = textwrap.dedent(
    """
    import functools, os, sqlite3, sys
    from pathlib import Path
    from agent.spool import Spool
    from contract.clock import Clock

    class Connection(sqlite3.Connection):
        left = -1

        def execute(self, *args):
            if Connection.left == 0:
                os._exit(9)
            Connection.left -= 1
            return super().execute(*args)

    def live(folder):
        spool = Spool(folder / "spool", 65_536, Clock())
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for number in range(20):
            os.write(log, b"intended %d\\n" % number)
            seq = spool.append(b"%d " % number * 2000)
            os.write(log, b"accepted %d %d\\n" % (number, seq))
            if number == 3:
                spool.acknowledge(spool.counters().spool_id, 2)
                os.write(log, b"acknowledged 2\\n")
        os._exit(0)

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)
    code, n = 9, 0
    while code == 9:
        folder = Path(sys.argv[1]) / f"at-{n}"
        folder.mkdir()
        child = os.fork()
        if child == 0:
            Connection.left = n
            live(folder)
        code, n = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), n + 1
    sys.exit(code)
    """
)


def test_killed_before_any_statement_it_keeps_what_it_accepted(quick_folder, clock):
    subprocess.run([sys.executable, "-I", "-c", KILLED, str(quick_folder)], check=True)
    folders = list(quick_folder.glob("at-*"))
    assert len(folders) > 100
    for folder in folders:
        _check_after_kill(folder, clock)


def _check_after_kill(folder: Path, clock: Clock) -> None:
    log = (folder / "log").read_text().splitlines() if (folder / "log").exists() else []
    accepted = {int(line.split()[2]): int(line.split()[1]) for line in log if line.startswith("accepted")}
    intended = sum(line.startswith("intended") for line in log)
    spool = Spool(folder / "spool", 65_536, clock)
    counters = spool.counters()
    waiting = dict(bodies(spool))
    assert spool.set_aside == 0
    assert max(accepted, default=0) <= counters.accepted_upto <= intended
    assert counters.accepted_upto == counters.acked_upto + len(waiting) + length(counters.dropped_range)
    assert ("acknowledged 2" not in log) or counters.acked_upto == 2
    for seq, number in accepted.items():
        if seq >= counters.oldest:
            assert waiting[seq] == b"%d " % number * 2000
    assert spool.append(b"next") == counters.accepted_upto + 1
    spool.close()


# --- damaged files: always starts, always accepts, always reports


@pytest.fixture(scope="module")
def crashed(tmp_path_factory) -> Path:
    """A spool as a power cut leaves it: some reports in the file, some in the write-ahead log only."""
    folder = tmp_path_factory.mktemp("crashed")
    script = """
    import os, sys
    from pathlib import Path
    from agent.spool import Spool
    from contract.clock import Clock
    folder = Path(sys.argv[1])
    spool = Spool(folder, 1 << 20, Clock())
    for number in range(12):
        spool.append(b"%d " % number * 600)
        spool.remember(f"c-{number}")
    spool.acknowledge(spool.counters().spool_id, 3)
    spool.close()
    for number in range(12, 18):
        spool.append(b"%d " % number * 600)
    os._exit(0)
    """
    subprocess.run([sys.executable, "-I", "-c", textwrap.dedent(script), str(folder)], check=True)
    assert (folder / "1.db-wal").stat().st_size > 0
    return folder


def _check_damaged(folder: Path, original: dict[int, bytes], clock: Clock) -> int:
    spool = Spool(folder, CAP, clock)
    try:
        before = spool.counters()
        waiting = bodies(spool)
        seq = spool.append(b"after the damage")
        assert bodies(spool)[-1] == (seq, b"after the damage")
        assert seq == spool.counters().accepted_upto
        assert [s for s, _ in waiting] == list(range(before.oldest, before.accepted_upto + 1)) or spool.set_aside
        assert all(body in (b"", original.get(s)) for s, body in waiting)
        spool.acknowledge(spool.counters().spool_id, seq)
        assert bodies(spool) == []
        assert isinstance(spool.next_connection(), int)
        spool.remember("c-new")
        assert spool.knows("c-new")
        return spool.set_aside
    finally:
        spool.close()


def _copy(source: Path, target: Path) -> Path:
    if target.exists():
        shutil.rmtree(target)
    target.mkdir()
    for name in ("1.db", "1.db-wal"):
        (target / name).write_bytes((source / name).read_bytes())
    return target


def _original(crashed: Path, folder: Path, clock: Clock) -> dict[int, bytes]:
    spool = Spool(_copy(crashed, folder), CAP, clock)
    original = dict(bodies(spool))
    spool.close()
    assert sorted(original) == list(range(4, 19))
    return original


@pytest.mark.parametrize("name", ["1.db", "1.db-wal"])
def test_cut_at_every_512_bytes_it_starts_and_reports(crashed, quick_folder, clock, name):
    original = _original(crashed, quick_folder / "whole", clock)
    size = (crashed / name).stat().st_size
    for cut in range(0, size, 512):
        folder = _copy(crashed, quick_folder / "cut")
        with (folder / name).open("r+b") as file:
            file.truncate(cut)
        _check_damaged(folder, original, clock)


def test_with_any_bit_flipped_it_starts_and_reports(crashed, quick_folder, clock):
    original = _original(crashed, quick_folder / "whole", clock)
    chance = random.Random(20_230_815)
    sizes = {name: (crashed / name).stat().st_size for name in ("1.db", "1.db-wal")}
    set_aside = 0
    for _ in range(1000):
        folder = _copy(crashed, quick_folder / "flipped")
        name = chance.choice(list(sizes))
        content = bytearray((folder / name).read_bytes())
        content[chance.randrange(sizes[name])] ^= 1 << chance.randrange(8)
        (folder / name).write_bytes(content)
        set_aside += _check_damaged(folder, original, clock)
    assert set_aside > 0
