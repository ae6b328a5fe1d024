"""A fact that can be read has a value; one that cannot says why."""

from __future__ import annotations

import psutil
import pytest

from agent.facts import fact, found, unsupported
from contract.findings import Power


def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FileNotFoundError(), "absent"),
        (PermissionError(), "denied"),
        (psutil.AccessDenied(), "denied"),
        (NotImplementedError(), "unsupported"),
        (AttributeError(), "unsupported"),
        (ImportError(), "unsupported"),
        (OSError(5, "I/O"), "error"),
        (ValueError(), "error"),
    ],
)
def test_a_fact_that_cannot_be_read_says_why(error, why):
    assert fact(lambda: _raise(error)).why == why


def test_a_fact_without_a_value_is_absent_and_zero_is_a_value():
    assert fact(lambda: None).why == "absent"
    assert fact(lambda: 0).value == 0


def test_a_fact_that_a_system_does_not_tell_is_unsupported():
    assert fact(unsupported).why == "unsupported"


def test_a_value_that_its_field_does_not_take_is_an_error_and_costs_no_other_fact():
    strange = {"is_on_mains": fact(lambda: True), "battery_pct": fact(lambda: -7.0), "has_ups": fact(lambda: "perhaps")}
    told = found(Power, **strange, ups_battery_pct=fact(lambda: None))
    assert (told.is_on_mains.value, told.ups_battery_pct.why) == (True, "absent")
    assert (told.battery_pct.why, told.has_ups.why) == ("error", "error")
