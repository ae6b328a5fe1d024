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
from agent.unmeasured import NotNow, ProbeError

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

def book(context):
    with open(context.home / "asked", "a") as asked:
        asked.write("x")
    raise NotNow(240.4)

def doubt(context):
    context.tell("download 0.50 5.1")
    context.again(900.0)
    return software.measure(context)

def ask_for_consent(context):
    context.refused("needs_consent", 0 if context.is_consented else 12_187_500)
    raise ProbeError("refused", "not now")

round.main((
    Probe("software", 1, 20.0, software.measure),
    Probe("hang", 2, 0.2, hang),
    Probe("die", 3, 20.0, die),
    Probe("mutter", 4, 20.0, mutter),
    Probe("refuse", 5, 20.0, refuse),
    Probe("dirty", 6, 20.0, dirty),
    Probe("network", 7, 20.0, network.measure),
    Probe("thread", 8, 20.0, leave_a_thread),
    Probe("booked", 9, 20.0, book, is_on_demand=True),
    Probe("doubted", 10, 20.0, doubt, is_on_demand=True),
    Probe("dear", 11, 20.0, ask_for_consent, is_on_demand=True),
    Probe("fatal", 12, 20.0, die, is_on_demand=True),
))
"""


@pytest.fixture
def measure(tmp_path, eventually):
    """Return a function that takes a round of the probes above and returns its outcome."""
    script = tmp_path / "probes.py"
    script.write_text(textwrap.dedent(PROBES))

    def measure(*names, command=(sys.executable, "-I", str(script)), done=(), **others):
        request = Request(DEVICE, "command" if done else "once", names, str(tmp_path), None, done)._replace(**others)
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


def test_a_probe_whose_turn_comes_later_leaves_no_measurement_and_tells_when(measure):
    outcome = measure("booked", "software")
    assert failures(outcome) == {"software": None}
    assert (outcome.is_booked, outcome.line_again_s) == (True, 240.4)


def test_what_is_booked_is_not_asked_for_again_by_the_next_child(measure, tmp_path):
    outcome = measure("booked", "fatal")
    assert failures(outcome) == {"fatal": "crashed"}
    assert (outcome.is_booked, outcome.line_again_s) == (True, 240.4)
    assert (tmp_path / "asked").read_text() == "x"


def test_a_measurement_that_should_be_repeated_tells_when(measure):
    outcome = measure("doubted")
    assert outcome.found == ("doubted",)
    assert (outcome.is_booked, outcome.line_again_s) == (False, 900.0)


@pytest.mark.parametrize(("is_consented", "most_bytes"), [(False, 12_187_500), (True, 0)])
def test_a_refusal_tells_why_and_what_it_could_cost(measure, is_consented, most_bytes):
    outcome = measure("dear", is_consented=is_consented)
    assert (outcome.refusal, outcome.most_bytes) == ("needs_consent", most_bytes)
    assert failures(outcome) == {"dear": "refused"}


@pytest.mark.parametrize("occasion", ["command", "schedule", "start"])
def test_what_is_for_a_person_alone_runs_for_nobody_else_even_by_name(measure, occasion):
    assert failures(measure("doubted", occasion=occasion)) == {}
    assert set(failures(measure("software", "doubted", occasion=occasion))) == {"software"}
