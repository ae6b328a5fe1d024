from __future__ import annotations

import pytest

from agent.platforms.windows import power

NOTEBOOK = {"id": "ACPI\\PNP0C0A", "driver": "CmBatt", "is_working": True}
ADAPTER = {"id": "ACPI\\ACPI0003", "driver": "CmBatt", "is_working": True}
UPS = {"id": "HID\\VID_051D&PID_0002", "driver": "HidBatt", "is_working": True}


def status(ac_line=1, flag=0, pct=50):
    return {"ac_line": ac_line, "battery_flag": flag, "battery_pct": pct}


@pytest.fixture
def read(windows):
    return lambda batteries, supply: power.read(windows(devices={"battery": batteries}, supply=supply))


@pytest.mark.parametrize(
    ("batteries", "battery", "ups"),
    [
        ([], "absent", "absent"),
        ([ADAPTER], "absent", "absent"),
        ([ADAPTER, NOTEBOOK], 50.0, "absent"),
        ([UPS], "absent", 50.0),
        ([NOTEBOOK, UPS], "unsupported", "unsupported"),  # Windows tells how full both are together
    ],
)
def test_the_charge_belongs_to_the_kind_of_battery_there_is(read, batteries, battery, ups):
    found = read(batteries, status())
    assert (found.battery_pct.value or found.battery_pct.why) == battery
    assert (found.ups_battery_pct.value or found.ups_battery_pct.why) == ups
    assert found.has_ups.value is (UPS in batteries)


@pytest.mark.parametrize("supply", [status(flag=0x80), status(flag=255), status(pct=255)])
def test_a_charge_that_is_not_told_is_absent(read, supply):
    assert read([NOTEBOOK], supply).battery_pct.why == "absent"


@pytest.mark.parametrize(("ac_line", "is_on_mains"), [(0, False), (1, True), (255, None)])
def test_mains_are_on_off_or_not_told(read, ac_line, is_on_mains):
    assert read([], status(ac_line)).is_on_mains.value is is_on_mains


def test_a_charge_below_nothing_is_an_error_and_costs_no_other_fact(read):
    found = read([NOTEBOOK], status(pct=-3))
    assert (found.battery_pct.why, found.is_on_mains.value) == ("error", True)
