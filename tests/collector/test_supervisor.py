"""The supervisor over small real processes: each notes its life in one file that all share."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PART = """
import os, pathlib, signal, socket, sys, time
name, diary, port, stubborn = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), "stubborn" in sys.argv

def note(word):
    with diary.open("a") as file:
        file.write(f"{word} {name} {os.getpid()}\\n")

def end(*_):
    note("asked")
    if not stubborn:
        note("end")
        sys.exit(0)

signal.signal(signal.SIGTERM, end)
note("start")
if "broken" in sys.argv:
    sys.exit("no such broker")
with socket.create_server(("127.0.0.1", port)) as server:
    note("answer")
    while True:
        server.accept()[0].close()
"""

SUPERVISOR = """
import pathlib, socket, sys
from collector import supervisor
from collector.parts import Part, Port

def answers(port):
    def is_up():
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True
    return is_up

home = pathlib.Path(sys.argv[1])
parts = []
for word in sys.argv[2:]:
    name, port, *more = word.split(":")
    command = (sys.executable, "-c", (home / "part.py").read_text(), name, str(home / "diary"), port, *more)
    parts.append(Part(name, command, answers(int(port)), (Port("web_port", "127.0.0.1", int(port)),)))
try:
    supervisor.run(parts, home, home, lambda line: print(line, flush=True), stop_s=1.0)
except supervisor.StartError as error:
    sys.exit(str(error))
"""


class Story:
    """One supervisor over some parts, and what their diary tells."""

    def __init__(self, home):
        self.home = home
        self.children = []
        (home / "part.py").write_text(PART)

    def begin(self, *words):
        command = [sys.executable, "-c", SUPERVISOR, str(self.home), *words]
        environ = os.environ | {"DIEMCAU_LANG": "en"}
        self.children.append(
            subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return self.children[-1]

    def diary(self):
        file = self.home / "diary"
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []

    def words(self):
        return [" ".join(line[:2]) for line in self.diary()]

    def pids(self):
        return [int(line[2]) for line in self.diary() if line[0] == "start"]


@pytest.fixture
def story(tmp_path):
    story = Story(tmp_path)
    yield story
    for child in story.children:
        child.kill()
        child.communicate()
    for pid in story.pids():
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_parts_start_one_after_the_other_answered_and_stop_in_reverse(story, free_port):
    supervisor = story.begin(f"broker:{free_port()}", f"ingest:{free_port()}", f"web:{free_port()}")
    assert all_running(supervisor) == ["broker: running\n", "ingest: running\n", "web: running\n"]

    supervisor.terminate()
    assert supervisor.wait(20) == 0

    assert story.words() == [
        *(f"{word} {name}" for name in ("broker", "ingest", "web") for word in ("start", "answer")),
        *(f"{word} {name}" for name in ("web", "ingest", "broker") for word in ("asked", "end")),
    ]


def test_ctrl_c_ends_it_as_sigterm_does(story, free_port):
    supervisor = story.begin(f"web:{free_port()}")
    all_running(supervisor)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(20) == 0
    assert story.words()[-1] == "end web"


def test_a_part_that_dies_is_started_again_and_the_others_are_left_alone(story, free_port):
    all_running(story.begin(f"broker:{free_port()}", f"ingest:{free_port()}"))
    for times in (2, 3):
        os.kill(story.pids()[-1], signal.SIGKILL)
        until(lambda times=times: story.words().count("answer ingest") == times)
    assert story.words().count("start broker") == 1
    assert is_alive(story.pids()[0])


def test_a_part_that_does_not_listen_to_sigterm_is_killed(story, free_port):
    supervisor = story.begin(f"broker:{free_port()}", f"web:{free_port()}:stubborn")
    all_running(supervisor)
    supervisor.terminate()
    assert supervisor.wait(20) == 0
    assert story.words()[-3:] == ["asked web", "asked broker", "end broker"]
    assert not any(map(is_alive, story.pids()))


def test_killed_with_9_it_leaves_no_part_behind(story, free_port):
    supervisor = story.begin(f"broker:{free_port()}", f"web:{free_port()}:stubborn")
    all_running(supervisor)
    supervisor.kill()
    until(lambda: not any(map(is_alive, story.pids())))
    assert len(story.pids()) == 2
    assert "asked web" not in story.words()


def test_a_part_that_does_not_come_up_ends_the_others_and_tells_why(story, free_port):
    supervisor = story.begin(f"broker:{free_port()}", f"web:{free_port()}:broken")
    _, errors = supervisor.communicate(timeout=20)
    assert supervisor.returncode == 1
    assert errors.startswith("web: ended with code 1")
    assert str(story.home / "web.log") in errors
    assert "no such broker" in errors  # the end of the part's own log
    assert story.words()[-1] == "end broker"


def test_a_taken_port_is_named_with_its_setting_before_the_part_is_started(story):
    with socket.create_server(("127.0.0.1", 0)) as other:
        supervisor = story.begin(f"web:{other.getsockname()[1]}")
        _, errors = supervisor.communicate(timeout=20)
    assert supervisor.returncode == 1
    assert "DIEMCAU_WEB_PORT" in errors
    assert story.diary() == []


def test_two_supervisors_of_one_home_are_refused(story, free_port):
    all_running(story.begin(f"web:{free_port()}"))
    second = story.begin(f"ingest:{free_port()}")
    _, errors = second.communicate(timeout=20)
    assert second.returncode == 1
    assert "running already" in errors
    assert "start ingest" not in story.words()


def all_running(supervisor):
    lines = []
    for line in supervisor.stdout:
        if line == "All parts are running.\n":
            return lines
        lines.append(line)
    raise AssertionError(f"it ended after {lines}: {supervisor.stderr.read()}")


def until(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "did not come true within 30 s"
        time.sleep(0.02)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
