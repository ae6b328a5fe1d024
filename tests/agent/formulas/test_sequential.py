from __future__ import annotations

import pytest

from agent.formulas.sequential import Need, SequentialTest
from contract import transfer

NEED = Need(5e6, 2e6)


def run(rate, need=NEED):
    test, excess, result = SequentialTest(need, 0.03), 0.0, None
    while result is None:
        moved_bytes = int(min(rate, transfer.pace_bps(need.ready_bps, excess) / need.ready_bps) * need.ready_bps / 80)
        excess = transfer.excess(excess, moved_bytes, 0.1, need.ready_bps)
        result = test.add(moved_bytes, 0.1)
    return result


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8, 0.9])
def test_a_line_below_the_need_fails(rate):
    assert run(rate).outcome == "fails"


@pytest.mark.parametrize("rate", [1.1, 1.6, 2.5, 4.0, 50.0])
def test_a_line_above_the_need_carries(rate):
    assert run(rate).outcome == "carries"
