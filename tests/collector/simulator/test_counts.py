from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.simulator.counts import Latencies, Tally

times = st.lists(st.floats(0.0005, 100.0), min_size=1, max_size=50)


@given(times, st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_percentile_is_right_to_a_tenth(seconds, share):
    latencies = Latencies()
    for one in seconds:
        latencies.add(one)
    rank = next(n for n in range(1, len(seconds) + 1) if n >= share * len(seconds))
    true = sorted(seconds)[rank - 1]
    assert true <= latencies.percentile_s(share) * 1.0001 <= max(true * 1.1001, 0.00101)


@given(times, times)
def test_tallies_of_two_processes_add_up_over_json(first, second):
    tallies = []
    for seconds in (first, second):
        tally = Tally()
        tally.counts.update({"connected": 2, "accepted": len(seconds), "settled": len(seconds)})
        for one in seconds:
            tally.latencies.add(one)
        tallies.append(Tally.read(json.loads(json.dumps(tally.write()))))
    total = Tally()
    for tally in tallies:
        total += tally
    assert total.counts["connected"] == 4
    assert total.counts["accepted"] == sum(total.latencies.counts) == len(first + second)
    assert total.is_balanced


def test_without_a_report_there_is_no_percentile_and_a_missing_one_shows():
    tally = Tally()
    assert tally.latencies.percentile_s(0.5) is None
    tally.counts["accepted"] = 1
    assert not tally.is_balanced


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_what_is_out_of_range_is_counted_at_the_end_of_it(seconds):
    latencies = Latencies()
    latencies.add(seconds)
    assert sum(latencies.counts) == 1
