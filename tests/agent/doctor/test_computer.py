from __future__ import annotations

import subprocess
import tomllib
from collections import namedtuple

import pytest

import contract
from agent.doctor import computer
from agent.doctor.check import BAD, OK, WARNING
from collector.judge.policy import SEED

Memory = namedtuple("Memory", "available total")
Usage = namedtuple("Usage", "free")


def test_the_versions_are_told(stranger):
    answer = computer.software(stranger)
    assert answer.state == OK
    assert f"Điểm Cầu {contract.__version__}" in answer.text


@pytest.mark.parametrize(("wall_us", "state"), [(1_800_000_000_000_000, OK), (0, BAD), (2_500_000_000_000_000, BAD)])
def test_a_clock_that_is_years_off_is_bad_and_blamed_on_the_battery(stranger, clock, wall_us, state):
    clock.wall = wall_us
    answer = computer.clock(stranger._replace(clock=clock))
    assert answer.state == state
    assert ("pin CMOS" in answer.next_step) == (state == BAD)


@pytest.mark.parametrize(
    ("free_bytes", "state"), [(60e9, OK), (1e9, OK), (999e6, WARNING), (200e6, WARNING), (199e6, BAD)]
)
def test_a_disk_is_judged_as_the_centre_judges_it(stranger, monkeypatch, free_bytes, state):
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(int(free_bytes)))
    assert computer.disk(stranger).state == state


@pytest.mark.parametrize(("free_bytes", "state"), [(4e9, OK), (500e6, OK), (499e6, WARNING), (199e6, BAD)])
def test_memory_is_judged_as_the_centre_judges_it(stranger, monkeypatch, free_bytes, state):
    monkeypatch.setattr("psutil.virtual_memory", lambda: Memory(int(free_bytes), 8_000_000_000))
    assert computer.memory(stranger).state == state


@pytest.mark.parametrize(("busy_pct", "state"), [(3.0, OK), (85.0, OK), (85.1, WARNING), (100.0, WARNING)])
def test_a_busy_processor_is_a_warning(stranger, monkeypatch, busy_pct, state):
    monkeypatch.setattr("psutil.cpu_percent", lambda _: busy_pct)
    assert computer.processor(stranger).state == state


def test_the_limits_are_those_of_the_centres_first_policy():
    limits = tomllib.loads(SEED.read_text(encoding="utf-8"))["limits"]["any"]["host"]
    memory, disk = limits["memory_available_bytes"], limits["disk_free_bytes"]
    assert (memory["at_least"], memory["minimum"]) == (computer._MEMORY_READY_BYTES, computer._MEMORY_LEAST_BYTES)
    assert (disk["at_least"], disk["minimum"]) == (computer._DISK_READY_BYTES, computer._DISK_LEAST_BYTES)
    assert limits["cpu_pct"]["at_most"] == computer._CPU_READY_PCT


@pytest.fixture
def small_disk(stranger):
    """The agent's folder on a disk of its own, of one megabyte."""
    mount(f"-t tmpfs -o size=1m tmpfs {stranger.home}")
    yield stranger.home
    subprocess.run(["umount", str(stranger.home)], check=True)


def test_a_full_disk_is_told_as_one_and_nothing_is_left_on_it(stranger, small_disk):
    with pytest.raises(OSError, match="No space"):
        (small_disk / "holiday-film").write_bytes(bytes(2_000_000))
    answer = computer.disk(stranger)
    assert answer.state == BAD
    assert "No space left" in answer.text
    assert "dọn thùng rác" in answer.next_step
    assert [file.name for file in small_disk.iterdir()] == ["holiday-film"]


def test_a_disk_that_may_only_be_read_is_bad(stranger, small_disk):
    mount(f"-o remount,ro {small_disk}")
    answer = computer.disk(stranger)
    assert answer.state == BAD
    assert "không ghi được" in answer.text


def test_a_folder_that_is_not_there_yet_is_judged_by_the_disk_it_will_be_on(stranger):
    assert computer.disk(stranger._replace(home=stranger.home / "later" / "still")).state in (OK, WARNING)


def mount(arguments):
    ended = subprocess.run(["mount", *arguments.split()], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
