"""What a campaign will take."""

import pytest

from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.costs import KNOWN_AFTER, Costs, stated_cost
from collector.probe_server.ledger.prediction import predict
from collector.probe_server.ledger.terms import Cost, Group

MBIT = 1_000_000
COSTS = Costs({"tv": (KNOWN_AFTER, Cost(8.0, 180e6, 10e6))})


def test_the_server_decides_when_no_unit_is_narrower():
    caps = Caps(1_030 * MBIT, (1_030 * MBIT,), 60 * MBIT)
    told = predict([Group((f"p{n}",), "tv", 60 * MBIT, 100) for n in range(10)], caps, COSTS)
    assert told.decided_by == "server"
    work_s = 1_000 * 180e6 / 940e6  # 970 are open, less half a peak
    assert told.makespan_s == pytest.approx(work_s + 3.5 * 8.0)
    assert told.ask_within_s == pytest.approx(0.9 * work_s)  # who asked later would leave capacity unused
    assert told.moved_bytes == 1_000 * 10e6
    assert told.peak_bps["server"] == 970 * MBIT


def test_the_largest_unit_decides_when_its_cap_is_narrow():
    caps = Caps(10_000 * MBIT, (500 * MBIT,), 60 * MBIT)
    told = predict([Group(("small",), "tv", 60 * MBIT, 10), Group(("large",), "tv", 60 * MBIT, 900)], caps, COSTS)
    assert told.decided_by == "large"
    assert told.makespan_s == pytest.approx(900 * 180e6 / 410e6 + 3.5 * 8.0)


def test_a_few_long_tests_are_not_expected_to_end_last_for_long():
    caps = Caps(1_000 * MBIT, (1_000 * MBIT,), 60 * MBIT)
    costs = Costs({"tv": (500, Cost(6.0, 180e6, 10e6)), "rare": (1, Cost(26.0, 600e6, 10e6))})
    told = predict([Group(("p",), "tv", 60 * MBIT, 399), Group(("p",), "rare", 48 * MBIT, 1)], caps, costs)
    work_s = (399 * 180e6 + 600e6) / 910e6
    assert told.makespan_s == pytest.approx(work_s + 3.5 * (399 * 6.0 + 26.0) / 400)


def test_without_history_the_stated_costs_count_and_it_is_said():
    caps = Caps(1_000 * MBIT, (1_000 * MBIT,), 60 * MBIT)
    told = predict([Group(("p",), "new", 60 * MBIT, 50)], caps, Costs())
    assert not told.is_known
    assert told.moved_bytes == 50 * stated_cost(60 * MBIT).moved_bytes


def test_a_campaign_of_nobody_takes_no_time():
    told = predict([], Caps(1_000 * MBIT, (1_000 * MBIT,), 60 * MBIT), COSTS)
    assert (told.makespan_s, told.decided_by, told.moved_bytes) == (0.0, "", 0.0)
