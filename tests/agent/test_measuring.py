from __future__ import annotations

import pytest

from agent.child import Outcome, Server
from agent.disk import Disk
from agent.measuring import Measuring
from agent.plugged import Plugged
from agent.schedule import LIGHT, LINE, Schedule
from agent.spool import Spool
from agent.wall import Wall

LIGHT_S, LINE_S = 3600, 43_200
SERVER = Server("127.0.0.1", 1, 1)


class Rounds:
    """A source of rounds that end with one outcome, the second time they are looked at."""

    def __init__(self, body=None, found=(), error=None):
        self._outcome = body, "", found
        self._error = error
        self._request = None
        self.asked = []

    @property
    def is_running(self):
        return self._request is not None

    def start(self, request):
        self.asked.append(request.probes)
        if self._error:
            raise self._error
        self._request = request

    def poll(self):
        request, self._request = self._request, None
        return Outcome(request, *self._outcome) if request else None

    def stop(self):
        self._request = None


@pytest.fixture
def measure(tmp_path, clock, told):
    """Return a function that lets rounds be measured for a day, and returns after how long which ones were asked for.

    has_disk: whether their reports can be kept.
    """

    def measure(rounds, *, has_disk=True):
        if not has_disk:
            (tmp_path / "spool").write_text("a file where the folder should be")
        spool = Spool(tmp_path / "spool", 1 << 20, clock)
        schedule = Schedule("dev-00000001", 60, LIGHT_S, LINE_S)
        plugged = Plugged(lambda: (), clock.mono_s())
        measuring = Measuring("dev-00000001", tmp_path, clock, spool, schedule, rounds, plugged, Wall(clock), Disk())
        after = []
        for passed_s in range(0, 86_400, 30):
            measuring.advance(SERVER, may_start=True)
            after += [(passed_s, probes) for probes in rounds.asked[len(after) :]]
            clock.advance(30)
        spool.close()
        return after

    return measure


def lines(asked):
    return [after_s for after_s, probes in asked if not probes or set(LINE) <= set(probes)]


def test_a_line_that_was_measured_waits_for_its_own_period(measure):
    assert len(lines(measure(Rounds(b"report", (*LIGHT, *LINE))))) in (2, 3)


@pytest.mark.parametrize(
    ("rounds", "has_disk"),
    [(Rounds(b"report", LIGHT), True), (Rounds(), True), (Rounds(b"report", (*LIGHT, *LINE)), False)],
    ids=["not in the report", "no report", "a report that is not kept"],
)
def test_a_line_round_that_was_lost_is_tried_again_within_a_light_period(measure, rounds, has_disk):
    tried = lines(measure(rounds, has_disk=has_disk))
    assert tried[1] <= LIGHT_S + 60


def test_a_round_that_could_not_be_started_is_tried_again_in_a_minute_and_its_line_with_the_next_period(measure):
    asked = measure(Rounds(error=OSError("no memory")))
    assert asked[:2] == [(0, ()), (60, LIGHT)]
    assert lines(asked)[1] <= LIGHT_S + 60
