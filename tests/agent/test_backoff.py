from __future__ import annotations

import pytest

from agent.backoff import Backoff


@pytest.mark.parametrize(("failures", "most"), [(1, 2), (2, 4), (5, 32), (9, 300), (10_000, 300)])
def test_the_wait_lies_anywhere_below_a_limit_that_doubles_up_to_five_minutes(failures, most):
    assert Backoff().delay_s(failures, 0.0) == 0.0
    assert Backoff().delay_s(failures, 1.0) == most


def test_only_a_connection_that_lasted_clears_what_failed_before_it():
    backoff = Backoff()
    assert backoff.failures_after(0, 0.0) == 1
    assert backoff.failures_after(6, 299.0) == 7  # admitted, and thrown off again
    assert backoff.failures_after(6, 300.0) == 1
