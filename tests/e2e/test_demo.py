"""The demo as a person runs it: real broker, real agent, real pages, and nothing left behind."""

import base64
import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.visitor import Visitor

LOGIN = r"LOGIN user=(\S+) password=(\S+) url=(\S+)"
UP_S, REPORTED_S, ENDED_S = 120, 60, 60
SITES = 170  # hardly more than the least


def begin(folder, home, **changed):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DIEMCAU")}
    environ = inherited | {"DIEMCAU_HOME": str(home), "DIEMCAU_LANG": "en", "DEMO_PORT": "0"}
    environ |= {"DEMO_SITES": str(SITES)} | changed
    command = [sys.executable, "-P", "-m", "collector.cli", "demo"]
    with (folder / "demo.out").open("wb") as output:
        return subprocess.Popen(command, env=environ, cwd=folder, stdout=output, stderr=subprocess.STDOUT)


@pytest.fixture
def demo(tmp_path):
    started = []

    def start(home, **changed):
        started.append(begin(tmp_path, home, **changed))
        return started[-1]

    yield start
    for running in started:
        running.kill()
        running.wait()


class Stage(NamedTuple):
    """A demo that runs: its folder, process and LOGIN line."""

    folder: Path
    running: subprocess.Popen
    login: re.Match

    @property
    def home(self):
        return self.folder / "home"

    def visitor(self, login):
        rows = csv.DictReader((self.home / "people.csv").read_text(encoding="utf-8-sig").splitlines())
        return Visitor(self.login[3], login, next(row["password"] for row in rows if row["login"] == login))


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A demo that the first tests share; the last of them ends it."""
    folder = tmp_path_factory.mktemp("demo")
    running = begin(folder, folder / "home", DEMO_SECONDS="600")
    try:
        login = until(UP_S, lambda: re.search(LOGIN, said(folder)) or has_ended(running, folder))
        yield Stage(folder, running, login)
    finally:
        running.kill()
        running.wait()


def test_every_site_reports_the_real_one_too_and_the_books_balance(stage):
    login = stage.login

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


def test_a_newcomer_makes_an_event_conducts_a_dry_run_and_has_its_statement_approved(stage):
    noc, ministry = stage.visitor("noc"), stage.visitor("ministry")
    made = noc.post("/events", code="own", name="Our own", units_as_of="2023-08-15", bitrate_mbps="5")
    assert made.path == "/events/own"
    noc.post(
        "/events/own/sessions", session_code="am", name="AM", starts_at="2030-12-15T08:00", ends_at="2030-12-15T11:00"
    )
    assert "Gates of “AM”" in noc.get("/events/own").text

    wish = "/dryruns/new?session=1&check=equipment&check=line"
    assert "2. What it will take" in noc.get(wish).text
    dry_run = noc.post(wish, name="Walk").path
    for act, state in (("start", "running"), ("pause", "paused"), ("resume", "running")):
        assert f"Walk: <b>{state}</b>" in noc.post(dry_run, act=act).text
    until(REPORTED_S, lambda: "outcome=carries" in noc.get(dry_run).text)
    assert "It ends by itself when all have a result" in noc.get(dry_run).text
    stopped = noc.post(dry_run, act="stop").text
    total = re.search(r"(\d+)/(\d+) sites have a result or a reason", stopped)
    assert total[1] == total[2]

    for path in ("/speakers", "/capacity", "/calendar", "/events/gap-go-2023"):
        assert noc.get(path).status == 200
    statement = noc.post("/statements", unit="").path
    begins = {"pdf": b"%PDF", "docx": b"PK", "xlsx": b"PK", "json": b"{"}
    assert [form for form, head in begins.items() if not noc.get(f"{statement}/{form}").content.startswith(head)] == []
    assert "Proposed, to be approved" in noc.post(statement, act="propose").text
    assert noc.post(statement, act="approve").status == 409
    assert "<b>Approved</b>" in ministry.post(statement, act="approve").text
    signed = json.loads(ministry.get(f"{statement}/json").content)["signed"]
    assert None not in (signed["proposed"], signed["approved"])


def test_told_to_end_it_leaves_nothing_behind(stage):
    stage.running.send_signal(signal.SIGTERM)
    assert stage.running.wait(ENDED_S) == 0
    assert processes_of(stage.home) == []


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
