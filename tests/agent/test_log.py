from __future__ import annotations

import logging
import re
import subprocess
import sys

import pytest

from agent import log, paths


def line(text, *values):
    record = logging.LogRecord("agent", logging.INFO, __file__, 1, text, values, None)
    record.created = 1_764_000_000.0
    return record


@pytest.fixture
def file(tmp_path):
    return tmp_path / "agent" / paths.LOG


def test_lines_are_appended_to_a_file_of_its_owner_alone(file):
    target = log.LogFile(file)
    target.emit(line("Đã kết nối với %s.", "trung tâm"))
    target.emit(line("Đã dừng."))
    assert file.read_text(encoding="utf-8").splitlines() == ["Đã kết nối với trung tâm.", "Đã dừng."]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_two_files_hold_the_latest_lines_and_never_more_than_agreed(file):
    target = log.LogFile(file, most_bytes=1000)
    for number in range(500):
        target.emit(line("%04d is a line", number))
    before = log.before(file)
    assert file.stat().st_size <= 1000
    assert before.stat().st_size <= 1000
    kept = (before.read_text() + file.read_text()).splitlines()
    assert kept[-1] == "0499 is a line"
    assert [int(text[:4]) for text in kept] == list(range(500 - len(kept), 500))
    assert [found.name for found in sorted(file.parent.iterdir())] == ["agent.log", "agent.log.1"]


def test_what_is_said_again_and_again_is_written_once_an_hour(file):
    target = log.LogFile(file)
    for second in range(7201):
        record = line("the disk is full")
        record.created += second
        target.emit(record)
    record = line("there is room again")
    target.emit(record)
    assert file.read_text().splitlines() == ["the disk is full"] * 3 + ["there is room again"]


def test_a_clock_that_is_set_back_silences_nobody(file):
    target = log.LogFile(file)
    target.emit(line("same"))
    record = line("same")
    record.created -= 86_400 * 3650
    target.emit(record)
    assert file.read_text().splitlines() == ["same", "same"]


def test_a_line_without_end_is_cut(file):
    log.LogFile(file).emit(line("x" * 1_000_000))
    assert file.stat().st_size == 16 * 1024 + 1


def test_a_folder_that_somebody_removed_is_made_again(file):
    target = log.LogFile(file)
    target.emit(line("a"))
    file.unlink()
    file.parent.rmdir()
    target.emit(line("b"))
    assert file.read_text() == "b\n"


@pytest.fixture
def full_disk(tmp_path):
    """A disk without any room."""
    disk = tmp_path / "agent"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    with pytest.raises(OSError, match="No space"):
        (disk / "film").write_bytes(bytes(100_000))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_and_one_that_may_only_be_read_stop_nobody(full_disk, file):
    target = log.LogFile(file)
    target.emit(line("lost"))
    subprocess.run(["mount", "-o", "remount,ro", str(full_disk)], check=True)
    target.emit(line("lost too"))
    subprocess.run(["mount", "-o", "remount,rw", str(full_disk)], check=True)
    (full_disk / "film").unlink()
    target.emit(line("there is room again"))
    assert file.read_text().splitlines()[-1] == "there is room again"


def test_a_line_that_cannot_be_formed_stops_nobody(file, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log.LogFile(file).emit(line("%d", "not a number"))
    assert not file.exists()


@pytest.mark.parametrize("stderr", ["sys.stderr", "None"])  # None: as under pythonw.exe
def test_a_program_logs_with_local_time_also_where_it_has_no_stderr(tmp_path, stderr):
    code = (
        f"import sys; sys.stderr = {stderr}\nimport logging\nfrom pathlib import Path\nfrom agent import log\n"
        f"log.start(Path({str(tmp_path)!r}))\nlogging.getLogger('agent').info('Đã dừng.')"
    )
    environ = {"TZ": "Asia/Ho_Chi_Minh"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environ)
    (text,) = (tmp_path / paths.LOG).read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0700 Đã dừng\.", text)
    assert log.last_line(tmp_path) == text
    assert ended.stderr.decode().strip() == (text if stderr == "sys.stderr" else "")


def test_there_is_no_last_line_before_the_first(tmp_path):
    assert log.last_line(tmp_path) == ""
