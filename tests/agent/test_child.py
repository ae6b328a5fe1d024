from __future__ import annotations

import sys
import textwrap

import pytest

from agent.child import Request, Round
from contract.clock import Clock
from contract.report import read_body

DEVICE = "dev-00000001"

PROBES = """
import os, sys, time, threading
from agent import round
from agent.probes import Probe, host, network, software
from agent.unmeasured import ProbeError

def hang(context):
    time.sleep(600)

def die(context):
    os._exit(3)

def mutter(context):
    print("this is not for the parent")
    os.write(1, b"report {}\\n")
    raise OSError(2, "No such file", "/home/nguyen van a/secret")

def refuse(context):
    raise ProbeError("refused", "not now")

def dirty(context):
    raise ProbeError("error", "bidi \\u202e")

def leave_a_thread(context):
    threading.Thread(target=hang, args=(context,)).start()
    return software.measure(context)

round.main((
    Probe("software", 1, 20.0, software.measure),
    Probe("hang", 2, 0.2, hang),
    Probe("die", 3, 20.0, die),
    Probe("mutter", 4, 20.0, mutter),
    Probe("refuse", 5, 20.0, refuse),
    Probe("dirty", 6, 20.0, dirty),
    Probe("network", 7, 20.0, network.measure),
    Probe("thread", 8, 20.0, leave_a_thread),
))
"""


@pytest.fixture
def measure(tmp_path, eventually):
    """Return a function that takes a round of the probes above and returns its outcome."""
    script = tmp_path / "probes.py"
    script.write_text(textwrap.dedent(PROBES))

    def measure(*names, command=(sys.executable, "-I", str(script)), done=()):
        request = Request(DEVICE, "command" if done else "once", names, str(tmp_path), None, done)
        running = Round(request, Clock(), command)
        try:
            return eventually(running.poll, "the end of the round")
        finally:
            running.stop()

    return measure


def failures(outcome):
    report = read_body(outcome.body, DEVICE)
    return {m.probe: m.failure and m.failure.code for m in report.measurements}


def test_each_probe_that_goes_wrong_costs_its_own_measurement_only(measure):
    outcome = measure()
    assert failures(outcome) == {
        "software": None,
        "hang": "timeout",
        "die": "crashed",
        "mutter": "error",
        "refuse": "refused",
        "dirty": "error",
        "network": None,
        "thread": None,
    }
    report = read_body(outcome.body, DEVICE)
    assert [m.version for m in report.measurements] == [1, 2, 3, 4, 5, 6, 7, 8]
    hung = report.measurements[1]
    assert hung.duration_ms >= 200


def test_the_outcome_tells_which_probes_found_something(measure):
    assert measure("software", "refuse", "die", "network").found == ("software", "network")


def test_what_a_probe_raises_tells_its_kind_and_no_path_of_a_person(measure):
    (measurement,) = read_body(measure("mutter").body, DEVICE).measurements
    assert measurement.failure.text == "FileNotFoundError No such file"


def test_only_the_probes_asked_for_run_in_their_own_order(measure):
    assert list(failures(measure("network", "software"))) == ["software", "network"]


def test_the_report_says_what_it_was_made_for(measure):
    report = read_body(measure("software", done=("c-1",)).body, DEVICE)
    assert (report.occasion, report.done) == ("command", ("c-1",))


def test_a_child_that_never_says_anything_ends_the_round_with_a_reason(measure):
    outcome = measure(command=(sys.executable, "-I", "-c", "raise SystemExit(7)"))
    assert outcome.body is None
    assert "7" in outcome.problem


def test_a_probe_unknown_to_this_version_is_left_out(measure):
    assert failures(measure("of-a-later-version")) == {}
