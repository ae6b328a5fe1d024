from __future__ import annotations

import re
import subprocess
import sys

import pytest

from agent import log, paths

AT_S = 1_764_000_000.0


@pytest.fixture
def file(tmp_path):
    return tmp_path / "agent" / paths.LOG


def lines_of(file):
    """The lines of a log without their times."""
    return [line[len("2025-11-24 23:00:00 +0700 ") :] for line in file.read_text(encoding="utf-8").splitlines()]


def test_lines_are_appended_to_a_file_of_its_owner_alone(file):
    target = log.LogFile(file)
    target.write("Đã kết nối với trung tâm.", AT_S)
    target.write("Đã dừng.", AT_S)
    assert lines_of(file) == ["Đã kết nối với trung tâm.", "Đã dừng."]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_two_files_hold_the_latest_lines_and_never_more_than_agreed(file):
    target = log.LogFile(file, most_bytes=1000)
    for number in range(500):
        target.write(f"{number:04} is a line", AT_S)
    before = log.before(file)
    assert file.stat().st_size <= 1000
    assert before.stat().st_size <= 1000
    kept = lines_of(before) + lines_of(file)
    assert kept[-1] == "0499 is a line"
    assert [int(text[:4]) for text in kept] == list(range(500 - len(kept), 500))
    assert [found.name for found in sorted(file.parent.iterdir())] == ["agent.log", "agent.log.1"]


def test_what_is_said_again_and_again_is_written_once_an_hour(file):
    target = log.LogFile(file)
    for second in range(7201):
        target.write("the disk is full", AT_S + second)
    target.write("there is room again", AT_S)
    assert lines_of(file) == ["the disk is full"] * 3 + ["there is room again"]


def test_a_clock_that_is_set_back_silences_nobody(file):
    target = log.LogFile(file)
    target.write("same", AT_S)
    target.write("same", AT_S - 86_400 * 3650)
    assert lines_of(file) == ["same", "same"]


def test_a_line_without_end_is_cut(file):
    log.LogFile(file).write("x" * 1_000_000, AT_S)
    assert file.stat().st_size == 16 * 1024 + 1


def test_a_folder_that_somebody_removed_is_made_again(file):
    target = log.LogFile(file)
    target.write("a", AT_S)
    file.unlink()
    file.parent.rmdir()
    target.write("b", AT_S)
    assert lines_of(file) == ["b"]


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
    target.write("lost", AT_S)
    subprocess.run(["mount", "-o", "remount,ro", str(full_disk)], check=True)
    target.write("lost too", AT_S)
    subprocess.run(["mount", "-o", "remount,rw", str(full_disk)], check=True)
    (full_disk / "film").unlink()
    target.write("there is room again", AT_S)
    assert lines_of(file)[-1] == "there is room again"


def test_a_fault_is_told_with_where_it_happened(file, capsys):
    log.start(file.parent.parent)
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        log.tell_fault("Dừng vì lỗi:")
    finally:
        log._files.clear()
    assert "ZeroDivisionError" in file.read_text()
    assert "test_log.py" in capsys.readouterr().err


@pytest.mark.parametrize("stderr", ["sys.stderr", "None"])  # None: as under pythonw.exe
def test_a_program_logs_with_local_time_also_where_it_has_no_stderr(tmp_path, stderr):
    code = (
        f"import sys; sys.stderr = {stderr}\nfrom pathlib import Path\nfrom agent import log\n"
        f"log.start(Path({str(tmp_path)!r}))\nlog.tell('Đã dừng.')"
    )
    environ = {"TZ": "Asia/Ho_Chi_Minh"}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environ)
    (text,) = (tmp_path / paths.LOG).read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0700 Đã dừng\.", text)
    assert log.last_line(tmp_path) == text
    assert ended.stderr.decode().strip() == (text if stderr == "sys.stderr" else "")


def test_there_is_no_last_line_before_the_first(tmp_path):
    assert log.last_line(tmp_path) == ""
