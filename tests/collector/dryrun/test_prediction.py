"""How long a dry run takes, and when its waves open, is foreseen from what its tests cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pytest

from collector.dryrun import prediction
from collector.dryrun.prediction import FIRST_TOLD_S, LEAST_SPREAD_S, Prediction, predict
from collector.probe_server.document import Client, Document, Needs
from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.costs import KNOWN_AFTER, Costs
from collector.probe_server.ledger.prediction import ASKS_WITHIN, TAIL
from collector.probe_server.ledger.terms import Cost
from contract import wire
from contract.probing import DirectionNeed, Stream

MBIT = 1_000_000
NEEDS = Needs(
    download=DirectionNeed(ready_mbps=5.0, minimum_mbps=2.5),
    upload=DirectionNeed(ready_mbps=0.5, minimum_mbps=0.25),
    bitrate_mbps=4.0,
    is_watched=True,
    is_thorough=False,
    stream=Stream(packets_per_s=50, packets=400, up_bytes=200, down_bytes=200),
)
WORK_BITS, HELD_S = 150.0 * MBIT, 6.0
COSTS = Costs({NEEDS.need_class: (KNOWN_AFTER, Cost(HELD_S, WORK_BITS, 10.0 * MBIT))})
CAPS = Caps(1_000 * MBIT, (1_000 * MBIT,), NEEDS.peak_bps)
# Five hundredths are kept for persons, and half a peak is on average free and too narrow for the next test.
SERVED_BPS = 0.95 * CAPS.server_bps - NEEDS.peak_bps / 2
LIGHT_S = FIRST_TOLD_S + LEAST_SPREAD_S + 30.0
HALVES = (wire.ProbeServer(wire.SHARDS[:8], "a", 1, 1), wire.ProbeServer(wire.SHARDS[8:], "b", 1, 1))
WHOLE = (wire.ProbeServer(wire.SHARDS, "a", 1, 1),)


def foresee(
    tests: Sequence[prediction.Test],
    sites: Mapping[int, int],
    servers: Sequence[wire.ProbeServer] = WHOLE,
    *,
    has_line: bool = True,
) -> Prediction:
    known = Document(needs=(NEEDS,), devices={one.device: Client(0, 0, ("01",)) for one in tests})
    told = [(server, CAPS) for server in servers]
    return predict(known, tests, told, COSTS, left={}, sites=sites, has_line=has_line)


def some(wave: int, number: int, of: Sequence[str] = wire.SHARDS) -> list[prediction.Test]:
    """Return so many tests of a wave, of devices of these shards."""
    names = (f"d-{wave}{n:07x}" for n in range(100 * number))
    fitting = (name for name in names if wire.shard_of(name) in of)
    return [prediction.Test(name, wave) for name, _ in zip(fitting, range(number), strict=False)]


def work_s(tests: int) -> float:
    return tests * WORK_BITS / SERVED_BPS


def test_it_lasts_from_the_first_word_over_the_work_to_the_end_of_the_slowest_test() -> None:
    told = foresee(some(0, 600), {0: 600})
    assert told.duration_s == pytest.approx(FIRST_TOLD_S + work_s(600) + TAIL * HELD_S)


def test_a_wave_opens_when_the_one_before_it_has_asked_and_not_only_when_its_last_test_is_over() -> None:
    told = foresee([*some(0, 300), *some(1, 40), *some(2, 400)], {0: 300, 1: 40, 2: 400})
    first, second, third = told.waves
    assert first.opens_s == FIRST_TOLD_S
    assert second.opens_s == FIRST_TOLD_S + math.ceil(ASKS_WITHIN * work_s(300))
    assert third.opens_s == second.opens_s + math.ceil(ASKS_WITHIN * work_s(40))
    assert told.duration_s == pytest.approx(FIRST_TOLD_S + work_s(740) + TAIL * HELD_S)


def test_no_wave_after_the_first_opens_before_all_devices_have_asked() -> None:
    told = foresee([*some(0, 1), *some(1, 1)], {0: 1, 1: 1})
    assert [wave.opens_s for wave in told.waves] == [FIRST_TOLD_S, FIRST_TOLD_S + LEAST_SPREAD_S]
    assert told.duration_s == LIGHT_S


def test_a_wave_that_nobody_tests_in_takes_no_time() -> None:
    told = foresee(some(2, 600), {0: 2, 1: 3, 2: 600})
    assert [(wave.opens_s, wave.sites) for wave in told.waves[1:]] == [
        (FIRST_TOLD_S + LEAST_SPREAD_S, n) for n in (3, 600)
    ]


def test_without_line_tests_it_lasts_until_the_last_machine_has_reported() -> None:
    told = foresee(some(0, 40), {0: 40}, has_line=False)
    assert (told.duration_s, told.servers, told.moved_bytes) == (LIGHT_S, (), 0.0)


def test_of_two_probe_servers_the_one_with_more_work_decides_how_long_it_takes() -> None:
    few, many = some(0, 100, HALVES[0].shards), some(0, 500, HALVES[1].shards)
    told = foresee([*few, *many], {0: 600}, HALVES)
    by_name = {one.name: one for one in told.servers}
    assert (by_name["a:1"].tests, by_name["b:1"].tests) == (100, 500)
    assert by_name["a:1"].duration_s < by_name["b:1"].duration_s == told.duration_s
    assert told.duration_s == pytest.approx(FIRST_TOLD_S + work_s(500) + TAIL * HELD_S)
    assert told.moved_bytes == pytest.approx(600 * 10.0 * MBIT)
