from __future__ import annotations

import subprocess
import sys

from agent import lock

TRY = "import sys; from pathlib import Path; from agent import lock; sys.exit(lock.hold(Path(sys.argv[1])) is None)"


def test_a_second_program_is_kept_out_until_the_first_has_gone(tmp_path):
    second = [sys.executable, "-I", "-c", TRY, str(tmp_path / "lock")]
    held = lock.hold(tmp_path / "lock")
    assert subprocess.run(second).returncode == 1
    held.close()
    assert subprocess.run(second).returncode == 0
