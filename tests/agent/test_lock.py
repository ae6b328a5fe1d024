from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent import lock

TRY = "import sys; from pathlib import Path; from agent import lock; sys.exit(lock.hold(Path(sys.argv[1])) is None)"


def test_a_second_program_is_kept_out_until_the_first_has_gone(tmp_path):
    second = [sys.executable, "-I", "-c", TRY, str(tmp_path / "lock")]
    held = lock.hold(tmp_path / "lock")
    assert subprocess.run(second).returncode == 1
    held.close()
    assert subprocess.run(second).returncode == 0


def test_whoever_looks_is_told_since_when_it_is_held_and_takes_nothing(tmp_path):
    file = tmp_path / "lock"
    assert lock.held_since(file) is None
    assert not file.exists()
    file.touch()
    os.utime(file, (1.0, 1.0))
    assert lock.held_since(file) is None
    before_s = time.time()
    with lock.hold(file):
        assert before_s - 1 <= lock.held_since(file) <= time.time() + 1
    assert lock.held_since(file) is None


@pytest.fixture
def full():
    """A function that makes the lock of an ended program, which may no longer grow, shrink or be written."""
    made = []

    def full(seals):
        made.append(os.memfd_create("lock", os.MFD_ALLOW_SEALING))
        os.write(made[-1], b"%10d" % 12345)
        fcntl.fcntl(made[-1], fcntl.F_ADD_SEALS, seals)
        return Path(f"/proc/self/fd/{made[-1]}")

    yield full
    for descriptor in made:
        os.close(descriptor)


def test_the_holders_number_needs_no_more_room_than_the_last_ones_had(full):
    file = full(fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    with lock.hold(file):
        assert lock.holder(file) == os.getpid()


def test_a_number_that_cannot_be_written_does_not_stay_another_programs(full):
    file = full(fcntl.F_SEAL_WRITE)
    with lock.hold(file):
        assert lock.holder(file) == 0


def test_somebody_who_only_looks_for_a_moment_keeps_no_resident_out(tmp_path, monkeypatch):
    looking = lock.hold(tmp_path / "lock")
    monkeypatch.setattr("time.sleep", lambda _: looking.close())  # while we wait, the look is over
    held = lock.hold(tmp_path / "lock")
    assert held is not None
    held.close()
