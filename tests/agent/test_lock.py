from __future__ import annotations

import os
import subprocess
import sys
import time

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
