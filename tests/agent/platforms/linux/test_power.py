from __future__ import annotations

import pytest

from agent.platforms import nut
from agent.platforms.linux import power

SUPPLY = "sys/class/power_supply"
MAINS = {f"{SUPPLY}/AC/type": "Mains\n", f"{SUPPLY}/AC/online": "1\n"}
UNPLUGGED = {**MAINS, f"{SUPPLY}/AC/online": "0\n"}
BATTERY = {f"{SUPPLY}/BAT0/type": "Battery\n", f"{SUPPLY}/BAT0/capacity": "83\n"}
SECOND = {f"{SUPPLY}/BAT1/type": "Battery\n", f"{SUPPLY}/BAT1/capacity": "12\n"}
MOUSE = {
    f"{SUPPLY}/hidpp_battery_0/type": "Battery\n",
    f"{SUPPLY}/hidpp_battery_0/scope": "Device\n",
    f"{SUPPLY}/hidpp_battery_0/capacity": "5\n",
}
UPS = {f"{SUPPLY}/ups/type": "UPS\n", f"{SUPPLY}/ups/capacity": "0\n"}


@pytest.fixture(autouse=True)
def no_ups_tools(monkeypatch, free_port):
    monkeypatch.setattr(nut, "_PLACE", ("127.0.0.1", free_port()))


@pytest.mark.parametrize(
    ("files", "is_on_mains", "battery_pct"),
    [
        ({}, True, None),  # a desktop: it runs
        ({**MAINS, **BATTERY}, True, 83.0),
        ({**UNPLUGGED, **BATTERY}, False, 83.0),
        ({**UNPLUGGED, **BATTERY, **SECOND}, False, 12.0),  # the emptiest counts
        (MOUSE, True, None),  # a mouse's battery keeps no machine running
    ],
)
def test_mains_and_battery_are_those_of_the_machine(machine, files, is_on_mains, battery_pct):
    found = power.read(machine(files))
    assert (found.is_on_mains.value, found.battery_pct.value) == (is_on_mains, battery_pct)
    assert (found.has_ups.value, found.ups_battery_pct.why) == (False, "absent")


def test_a_ups_on_usb_is_read_also_when_it_is_empty(machine):
    found = power.read(machine(UPS))
    assert (found.has_ups.value, found.ups_battery_pct.value) == (True, 0.0)


def test_a_ups_that_the_ups_tools_watch_is_read(machine, ups_tools):
    ups_tools(battery_charge="98")
    found = power.read(machine({}))
    assert (found.has_ups.value, found.ups_battery_pct.value) == (True, 98.0)


def test_a_ups_that_does_not_tell_its_charge_is_still_one(machine, ups_tools):
    ups_tools()
    found = power.read(machine({}))
    assert (found.has_ups.value, found.ups_battery_pct.why) == (True, "absent")
