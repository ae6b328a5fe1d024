from __future__ import annotations

from itertools import pairwise

import pytest

from agent.child import Outcome, Server
from agent.disk import Disk
from agent.measuring import Measuring
from agent.plugged import Plugged
from agent.schedule import LIGHT, LINE, Schedule, loads_line
from agent.spool import Spool
from agent.wall import Wall

LIGHT_S, LINE_S = 3600, 43_200
SERVER, OTHER = Server("127.0.0.1", 1, 1), Server("127.0.0.1", 2, 2)


class Rounds:
    """A source of rounds that end with one outcome, the second time they are looked at; of the line: as `line` says."""

    def __init__(self, body=None, found=(), error=None, line=()):
        self._outcome = body, "", found
        self._error = error
        self._line = list(line)
        self._request = None
        self.asked = []
        self.servers = []

    @property
    def is_running(self):
        return self._request is not None

    def start(self, request):
        self.asked.append(request.probes)
        self.servers.append(request.server)
        if self._error:
            raise self._error
        self._request = request

    def poll(self):
        request, self._request = self._request, None
        if request is None:
            return None
        of_line = self._line.pop(0) if self._line and loads_line(request.probes) else {}
        return Outcome(request, *self._outcome)._replace(**of_line)

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
            measuring.advance((SERVER, OTHER), may_start=True)
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


BOOKED = {"found": LIGHT, "line_again_s": 300.0, "is_booked": True}
FALLS_SHORT = {"line_again_s": 900.0}
CARRIES = {}
ALL = (*LIGHT, *LINE)


def servers_of_lines(rounds):
    return [server for server, probes in zip(rounds.servers, rounds.asked, strict=True) if loads_line(probes)]


def test_a_booked_line_is_measured_at_its_time_where_it_was_booked(measure, told):
    rounds = Rounds(b"report", ALL, line=[BOOKED, BOOKED, CARRIES])
    tried = lines(measure(rounds))
    assert [after_s - before_s for before_s, after_s in pairwise(tried[:3])] == [330, 330]  # of turns of 30 s
    assert tried[3] - tried[2] > LINE_S / 4
    assert set(servers_of_lines(rounds)) == {SERVER}
    assert sum("5 phút" in line or "5 min" in line for line in told) == 2


def test_a_line_that_does_not_carry_is_measured_again_at_another_time_and_probe_server_but_not_for_ever(measure):
    rounds = Rounds(b"report", ALL, line=[FALLS_SHORT] * 3)
    tried = lines(measure(rounds))
    assert [after_s - before_s for before_s, after_s in pairwise(tried[:3])] == [930, 930]
    assert tried[3] - tried[2] > LINE_S / 4
    assert servers_of_lines(rounds)[:4] == [SERVER, OTHER, SERVER, SERVER]


def test_a_repeat_that_is_booked_stays_where_it_was_booked(measure):
    rounds = Rounds(b"report", ALL, line=[FALLS_SHORT, BOOKED, CARRIES])
    measure(rounds)
    assert servers_of_lines(rounds)[:4] == [SERVER, OTHER, OTHER, SERVER]


def test_a_line_that_nobody_consented_to_waits_for_its_own_period(measure):
    refused = {"found": LIGHT, "refusal": "needs_consent"}
    assert len(lines(measure(Rounds(b"report", ALL, line=[refused] * 9)))) in (2, 3)


def test_a_line_that_was_refused_for_another_reason_is_tried_again_within_a_light_period(measure):
    tried = lines(measure(Rounds(b"report", ALL, line=[{"found": LIGHT, "refusal": "stopped"}] * 9)))
    assert tried[1] <= LIGHT_S + 60


def test_only_rounds_that_load_the_line_go_elsewhere(measure):
    rounds = Rounds(b"report", ALL, line=[FALLS_SHORT])
    measure(rounds)
    others = [probes for server, probes in zip(rounds.servers, rounds.asked, strict=True) if server == OTHER]
    assert all(loads_line(probes) for probes in others)
    assert len(others) == 1
