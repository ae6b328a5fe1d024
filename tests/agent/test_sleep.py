"""A machine that sleeps says so before, when it is told in time; else its clocks say it afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent import resident
from agent.backoff import Backoff
from agent.sleep import LEAST_S, FallsAsleep, Sleep, Woke, read_slept_s
from contract.clock import Clock

ROOT = Path(__file__).parents[2]
HOOK = ROOT / "provisioning" / "bundle" / "linux" / "system-sleep"


class Slept:
    """How long a machine has slept, as a test says."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def sleep(tmp_path: Path, slept: Slept) -> Sleep:
    return Sleep(tmp_path / "asleep", slept)


def test_a_machine_that_does_not_sleep_has_no_news(sleep: Sleep, slept: Slept) -> None:
    assert sleep.look() is None
    slept.seconds += LEAST_S / 2
    assert sleep.look() is None
    assert not sleep.is_near


def test_sleep_that_was_announced_is_told_once_and_so_is_its_end(sleep: Sleep, slept: Slept) -> None:
    sleep.falls()
    sleep.falls()
    assert isinstance(sleep.look(), FallsAsleep)
    assert (sleep.look(), sleep.is_near) == (None, True)
    slept.seconds += 30_000.0
    assert sleep.look() == Woke(30_000.0)
    sleep.ends()  # the system says it as well, a little later
    assert (sleep.look(), sleep.is_near) == (None, False)


def test_sleep_that_was_announced_and_called_off_ends_by_the_systems_word(sleep: Sleep) -> None:
    sleep.falls()
    sleep.look()
    sleep.ends()
    assert sleep.look() == Woke(0.0)


def test_sleep_that_was_announced_and_never_comes_is_not_waited_for_for_ever(
    sleep: Sleep, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1000.0
    monkeypatch.setattr("agent.sleep.time", SimpleNamespace(monotonic=lambda: now_s))
    sleep.falls()
    now_s += 30.0
    assert sleep.is_near
    now_s += 90.0
    assert (sleep.is_near, sleep.look()) == (False, None)


def test_sleep_without_a_word_is_found_out_afterwards(sleep: Sleep, slept: Slept) -> None:
    slept.seconds += LEAST_S
    assert sleep.look() == Woke(LEAST_S)
    assert sleep.look() is None


def test_the_mark_is_there_from_the_word_to_the_centre_until_the_machine_wakes(tmp_path: Path, slept: Slept) -> None:
    mark = tmp_path / "asleep"
    mark.touch()  # of a program that was killed
    sleep = Sleep(mark, slept)
    assert not mark.exists()
    sleep.falls()
    sleep.look()
    assert not mark.exists()
    sleep.say()
    assert mark.exists()
    sleep.wait_until_said(30.0)
    sleep.ends()
    sleep.look()
    assert not mark.exists()


def test_the_machines_own_clocks_tell_how_long_it_slept_and_count_sleep_as_time() -> None:
    first, second = read_slept_s(), read_slept_s()
    assert abs(second - first) < LEAST_S
    clock = Clock()
    boottime = Path("/proc/uptime").read_text().split()[0]
    assert clock.mono_s() == pytest.approx(float(boottime), abs=5.0)


@pytest.fixture
def start(write_settings, broker, probe_server, slept):
    """Return a function that runs a resident in a thread until the test ends."""
    running = []

    def start():
        settings = write_settings((broker.url,), probe_server)
        agent = resident.build(
            settings, slept_s=slept, backoff=Backoff(first_s=1000.0, most_s=1000.0), chance=random.Random(1)
        )
        thread = threading.Thread(target=agent.run)
        thread.start()
        running.append((agent, thread))
        return agent

    yield start
    for agent, thread in running:
        agent.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_a_machine_that_wakes_without_warning_connects_at_once_and_tells_how_long_it_slept(
    start, centre, eventually, slept
) -> None:
    def connected():
        return [presence for presence in centre.presences() if presence.state == "connected"]

    start()
    first = eventually(centre.presences, "presence")[0]
    slept.seconds += 34_200.0
    eventually(lambda: len(connected()) == 2, "a new connection, long before the backoff would try one")
    assert connected()[0] == first
    assert connected()[1].slept_s == 34_200
    assert connected()[1].connection > first.connection


def test_a_real_resident_says_asleep_before_the_machine_sleeps_and_connected_after(
    write_settings, broker, probe_server, centre, eventually, tmp_path
) -> None:
    settings = write_settings((broker.url,), probe_server)
    command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(settings.folder / "settings.json")]
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.parent.mkdir()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    systemctl.write_text(
        f'#!/bin/sh\ncase "$*" in *is-active*) ;; *SIGUSR1*) kill -USR1 {process.pid} ;; '
        f"*SIGUSR2*) kill -USR2 {process.pid} ;; *) exit 1 ;; esac\n"
    )
    systemctl.chmod(0o755)
    environ = {"PATH": f"{systemctl.parent}:{os.environ['PATH']}", "DIEMCAU_AGENT_HOME": str(settings.folder)}

    def hook(when: str) -> None:
        subprocess.run([HOOK, when, "suspend"], env=environ, check=True, timeout=30)

    try:
        eventually(centre.presences, "presence")
        hook("pre")
        assert (settings.folder / "asleep").exists()
        eventually(lambda: centre.presences()[-1].state == "asleep", "asleep")
        hook("post")
        eventually(lambda: centre.presences()[-1].state == "connected", "connected")
        assert not (settings.folder / "asleep").exists()
        assert [p.state for p in centre.presences()] == ["connected", "asleep", "connected"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def test_the_hook_does_nothing_where_the_agent_does_not_run(tmp_path: Path) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\ncase "$*" in *is-active*) exit 3 ;; esac\n')
    systemctl.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "DIEMCAU_AGENT_HOME": str(tmp_path)}
    subprocess.run([HOOK, "pre", "suspend"], env=environ, check=True, timeout=30)
    assert (tmp_path / "asked").read_text() == "--quiet is-active diemcau-agent.service\n"


def test_word_of_sleep_that_comes_before_anybody_listens_ends_nothing() -> None:
    code = (
        "import os, signal, sys; from agent.sleep import hold_off; hold_off()\n"
        "os.kill(os.getpid(), signal.SIGUSR1); os.kill(os.getpid(), signal.SIGUSR2)\n"
        "then = 'import os, signal; os.kill(os.getpid(), signal.SIGUSR1); print(1)'\n"
        "os.execv(sys.executable, [sys.executable, '-I', '-c', then])"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=30)
    assert (ran.returncode, ran.stdout) == (0, "1\n")
