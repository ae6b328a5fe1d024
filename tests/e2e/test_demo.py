"""The demo as a person runs it: real broker, real agent, real pages, and nothing left behind."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

LOGIN = r"LOGIN user=(\S+) password=(\S+) url=(\S+)"
UP_S, REPORTED_S, ENDED_S = 120, 60, 60
SITES = 170  # hardly more than the least


@pytest.fixture
def demo(tmp_path):
    started = []

    def start(home, **changed):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DIEMCAU")}
        environ = inherited | {"DIEMCAU_HOME": str(home), "DIEMCAU_LANG": "en", "DEMO_PORT": "0"}
        environ |= {"DEMO_SITES": str(SITES)} | changed
        command = [sys.executable, "-P", "-m", "collector.cli", "demo"]
        with (tmp_path / "demo.out").open("wb") as output:
            started.append(
                subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT)
            )
        return started[-1]

    yield start
    for running in started:
        running.kill()
        running.wait()


def test_every_site_reports_the_real_one_too_the_books_balance_and_everything_ends(demo, tmp_path):
    home = tmp_path / "home"
    running = demo(home, DEMO_SECONDS="600")
    login = until(UP_S, lambda: re.search(LOGIN, said(tmp_path)) or has_ended(running, tmp_path))

    def all_reported():
        summary = ask(login, "/api/v1/summary")
        return summary if summary["sites_reported"] == summary["sites"] else None

    summary = until(REPORTED_S, all_reported)
    assert summary["sites"] == sum(summary["levels"].values()) < summary["devices"]  # spares too
    assert summary["presence"]["connected"] >= 0.9 * summary["sites"]  # some begin late
    books = summary["balance"]
    assert books["committed"] >= summary["sites"]
    assert books["accepted"] == books["committed"] + books["spooled"] + books["dropped"] + books["quarantined"]
    assert books["quarantined"] == books["unattributed"] == 0

    running.send_signal(signal.SIGTERM)
    assert running.wait(ENDED_S) == 0
    assert processes_of(home) == []


def test_it_ends_by_itself_and_starts_afresh_over_an_old_one(demo, tmp_path):
    home = tmp_path / "home"
    passwords = []
    for _ in range(2):
        running = demo(home, DEMO_SECONDS="1")
        assert running.wait(UP_S + ENDED_S) == 0, said(tmp_path)
        passwords.append(re.search(r"password=(\S+)", said(tmp_path))[1])
        assert processes_of(home) == []
    assert len(set(passwords)) == 2


def test_killed_with_9_it_leaves_no_process(demo, tmp_path):
    home = tmp_path / "home"
    running = demo(home)
    until(UP_S, lambda: re.search(LOGIN, said(tmp_path)) or has_ended(running, tmp_path))
    assert len(processes_of(home)) >= 8  # demo, run, its five parts, the simulator and the agent
    running.kill()
    until(ENDED_S, lambda: processes_of(home) == [])


def test_it_touches_no_folder_that_holds_something_else(demo, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter").write_text("keep")
    running = demo(tmp_path / "home")
    assert running.wait(ENDED_S) == 1
    assert "holds no demo" in said(tmp_path)
    assert (tmp_path / "home" / "letter").read_text() == "keep"


def said(folder):
    return (folder / "demo.out").read_text()


def ask(login, path):
    user, password, address = login.groups()
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    request = urllib.request.Request(address + path, headers={"Authorization": f"Basic {basic}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def has_ended(running, folder):
    assert running.poll() is None, said(folder)


def until(seconds, found):
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, f"did not come true within {seconds} s"
        time.sleep(0.1)
    return value


def processes_of(home):
    """Return the processes that were started for this home: they carry it in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().decode().split("\0"))
        except OSError:
            continue  # ended meanwhile
    return found
