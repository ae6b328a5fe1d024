from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from agent import lock, paths, stopping

HOLDER = """
import signal, sys, time
from pathlib import Path
from agent import lock, paths, stopping
folder, manner = Path(sys.argv[1]), sys.argv[2]
held = lock.hold(folder / paths.LOCK)
is_over = []
signal.signal(signal.SIGTERM, lambda *_: None if manner == "deaf" else is_over.append("told"))
if manner == "by file":
    stopping.Wish(folder, lambda: is_over.append("asked by a file"))
print("ready", flush=True)
while not is_over:
    time.sleep(0.05)
print(*is_over)
"""


@pytest.fixture
def resident(tmp_path):
    """A function that starts a program which holds the lock of `tmp_path`."""
    started = []

    def start(manner):
        command = [sys.executable, "-c", HOLDER, str(tmp_path), manner]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "ready\n"
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_none_running_is_well(tmp_path):
    assert stopping.stop(tmp_path)
    (tmp_path / paths.LOCK).write_text("12345")  # of one that ended long ago; the number may be another program's now
    assert stopping.stop(tmp_path)


def test_the_lock_says_who_holds_it(tmp_path, resident):
    assert lock.holder(tmp_path / paths.LOCK) is None
    assert lock.holder(tmp_path / paths.LOCK) is None
    running = resident("willing")
    assert lock.holder(tmp_path / paths.LOCK) == running.pid


@pytest.mark.parametrize(("manner", "told"), [("willing", "told\n"), ("by file", "asked by a file\n")])
def test_a_resident_ends_by_itself_when_it_is_asked(tmp_path, resident, manner, told):
    running = resident(manner)
    assert stopping.stop(tmp_path, by_file=manner == "by file")
    assert running.communicate(timeout=10)[0] == told
    assert not (tmp_path / paths.STOP).exists()


def test_a_wish_from_before_it_started_is_void(tmp_path, resident):
    (tmp_path / paths.STOP).touch()
    running = resident("by file")
    assert not (tmp_path / paths.STOP).exists()
    running.terminate()
    assert running.communicate(timeout=10)[0] == "told\n"


def test_one_that_does_not_listen_is_ended_by_force(tmp_path, resident):
    running = resident("deaf")
    assert stopping.stop(tmp_path, patience_s=0.5)
    assert running.wait(10) == -signal.SIGKILL


@pytest.fixture
def ended():
    """The number of a program that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_one_that_ends_before_it_can_be_told_is_well(tmp_path, ended):
    held = lock.hold(tmp_path / paths.LOCK)
    (tmp_path / paths.LOCK).write_text(str(ended))
    threading.Timer(0.3, held.close).start()
    assert stopping.stop(tmp_path)


def test_force_is_used_on_whoever_holds_the_lock_by_then(tmp_path, resident, ended):
    running = resident("deaf")
    (tmp_path / paths.LOCK).write_text(str(ended))
    threading.Timer(0.3, lambda: (tmp_path / paths.LOCK).write_text(str(running.pid))).start()
    assert stopping.stop(tmp_path, patience_s=1.5)
    assert running.wait(10) == -signal.SIGKILL
