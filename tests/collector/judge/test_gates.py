"""Which gate counts when."""

from __future__ import annotations

import pytest

from collector.judge.gates import GATES, InForce, gate_in_force

HOUR = 3_600_000_000
START = 1_692_061_200_000_000
PASSES_AT = {"T-14d": START - 336 * HOUR, "T-7d": START - 168 * HOUR, "T-1d": START - 24 * HOUR, "T-1h": START - HOUR}


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (0, "T-14d"),
        (START - 336 * HOUR - 1, "T-14d"),
        (START - 336 * HOUR, "T-7d"),
        (START - 168 * HOUR - 1, "T-7d"),
        (START - 168 * HOUR, "T-1d"),
        (START - 24 * HOUR - 1, "T-1d"),
        (START - 24 * HOUR, "T-1h"),
        (START - HOUR - 1, "T-1h"),
        (START - HOUR, "live"),
        (START, "live"),
        (START + 100 * HOUR, "live"),
    ],
)
def test_the_gate_in_force_is_the_next_one_not_yet_passed(now: int, name: str) -> None:
    assert gate_in_force(START, now) == InForce(name, PASSES_AT.get(name))


def test_the_gates_stand_in_the_order_they_pass() -> None:
    assert [gate.name for gate in GATES] == [*PASSES_AT, "live"]
    assert sorted(GATES, key=lambda gate: -gate.before_start_us) == list(GATES)
