"""A real resident whose disk is full, or can only be read: it starts, stays, says so once, and goes on with room."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from agent import cli, last_line, paths
from agent.last_line import LastLine
from contract import wire
from contract.clock import Clock

DEVICE = "dev-00000001"
CODE = "7K2M9A-93QXW"
DISK_BYTES = 2_000_000
FULL = "The disk is full, and no report can be kept"


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own."""
    if os.geteuid() != 0:
        pytest.fail("these tests mount a disk: run them as root")
    place = tmp_path / "agent"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def film(disk):
    """A file that can take all the room that is left."""

    class Film:
        file = disk / "holiday-film"

        def fill(self):
            with self.file.open("ab", buffering=0) as stream:
                for size in (65_536, 4096, 1):
                    try:
                        while stream.write(bytes(size)) == size:
                            pass
                    except OSError:
                        continue

        def delete(self):
            self.file.unlink()

    return Film()


@pytest.fixture
def enrolled(disk, write_settings, broker, probe_server):
    """An enrolled device on that disk that measures each ten seconds, and need not load the line."""
    settings = write_settings((broker.url,), probe_server, tick_s=1, light_round_s=10)
    last_line.write(settings.folder / paths.LAST_LINE, LastLine(Clock().now(), True))
    return settings


@pytest.fixture
def run(disk, tmp_path):
    """Return a function that starts a real resident; it returns the process and a function that tells its log."""
    running = []

    def start():
        log = tmp_path / "resident.log"
        command = [sys.executable, "-I", "-m", "agent.resident", "--settings", str(disk / paths.SETTINGS)]
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stderr=stream, env={**os.environ, "DIEMCAU_LANG": "en"})
        running.append(process)
        return process, log.read_text

    yield start
    for process in running:
        process.terminate()
        assert process.wait(30) == 0


def test_on_a_full_disk_it_starts_and_stays_says_so_once_and_reports_with_room(enrolled, film, run, centre, eventually):
    film.fill()
    process, log = run()
    eventually(lambda: FULL in log(), "the message")
    eventually(centre.presences, "the connection, for which it needs no disk")
    assert process.poll() is None
    film.delete()
    eventually(lambda: "The disk keeps reports again" in log(), "a report that is kept")
    eventually(centre.reports, "the report")
    assert log().count(FULL) == 1
    assert [p.state for p in centre.presences()] == ["connected"]


def test_a_disk_that_fills_while_it_runs_loses_no_report_that_was_kept(enrolled, film, run, centre, eventually):
    process, log = run()
    eventually(centre.reports, "the first report")
    film.fill()
    centre.say(DEVICE, "command", wire.Command("c-1", "run", 60, ("host",)))
    eventually(lambda: FULL in log(), "the message")
    assert process.poll() is None
    film.delete()
    centre.say(DEVICE, "command", wire.Command("c-2", "run", 60, ("host",)))
    eventually(lambda: "The disk keeps reports again" in log(), "a report that is kept")
    eventually(lambda: {frame.seq for frame, _ in centre.reports()} >= {1, 2}, "both reports")
    assert len({frame.spool_id for frame, _ in centre.reports()}) == 1
    assert log().count(FULL) == 1


def test_enrolment_on_a_full_disk_is_told_and_leaves_what_there_was(
    enrolled, film, enrolment_server, monkeypatch, tmp_path
):
    monkeypatch.setenv("DIEMCAU_AGENT_HOME", str(enrolled.folder))
    monkeypatch.setenv("DIEMCAU_LANG", "vi")
    (tmp_path / "given.pem").write_text(enrolment_server.pem)
    before = {file.name: file.read_bytes() for file in enrolled.folder.iterdir() if file.is_file()}
    film.fill()
    options = ["enrol", CODE, "--server", enrolment_server.url, "--ca", str(tmp_path / "given.pem")]
    told = CliRunner().invoke(cli.main, options)
    film.delete()
    assert told.exit_code == 1
    assert "Kiểm tra ổ đĩa còn chỗ trống" in told.output
    after = {file.name: file.read_bytes() for file in enrolled.folder.iterdir() if file.is_file()}
    assert {name: after[name] for name in before} == before
    assert CliRunner().invoke(cli.main, options).exit_code == 0


def test_in_a_home_that_can_only_be_read_it_starts_connects_and_says_so(enrolled, disk, run, centre, eventually):
    (disk / "lock").touch()  # of an earlier start
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    process, log = run()
    eventually(lambda: "The disk cannot be used to keep reports" in log(), "the message")
    eventually(centre.presences, "the connection")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    eventually(centre.reports, "a report")
    assert process.poll() is None
    assert log().count("The disk cannot be used") == 1
