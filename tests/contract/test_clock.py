"""How old a thing is by a device's clocks, which may have been set, restarted or wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clock import Clock, Moment, age_us, read_boot_id

HOUR_US = 3_600_000_000
COUNT = st.integers(0, 2**63 - 1)
MOMENTS = st.builds(Moment, st.sampled_from(["boot-a", "boot-b"]), COUNT, COUNT)


@pytest.mark.parametrize(
    ("then", "sent", "age", "is_uncertain"),
    [
        (Moment("a", 1_000, 0), Moment("a", 4_500, 0), 3_500_000, False),
        (Moment("a", 1_000, 0), Moment("a", 1_000, 0), 0, False),
        (Moment("a", 1_000, 9 * HOUR_US), Moment("a", 4_500, HOUR_US), 3_500_000, False),  # the wall clock was set back
        (Moment("a", 9_000, HOUR_US), Moment("b", 1_000, 3 * HOUR_US), 2 * HOUR_US, True),  # restarted in between
        (Moment("a", 9_000, 3 * HOUR_US), Moment("b", 1_000, HOUR_US), 0, True),  # restarted, and set back
        (Moment("a", 9_000, 0), Moment("a", 1_000, HOUR_US), 0, True),  # a boot id that did not change
    ],
)
def test_age_is_exact_within_a_boot_and_uncertain_across(
    then: Moment, sent: Moment, age: int, is_uncertain: bool
) -> None:
    assert age_us(then, sent) == (age, is_uncertain)


@given(MOMENTS, MOMENTS)
def test_an_age_is_never_negative_and_certain_only_within_a_boot(then: Moment, sent: Moment) -> None:
    age, is_uncertain = age_us(then, sent)
    assert age >= 0
    assert is_uncertain or then.boot_id == sent.boot_id


def test_the_machines_clock_moves_on_within_one_boot() -> None:
    clock = Clock()
    first, second = clock.now(), clock.now()
    assert first.boot_id == second.boot_id == clock.boot_id
    assert first.mono_ms <= second.mono_ms
    assert len(read_boot_id()) == 36
