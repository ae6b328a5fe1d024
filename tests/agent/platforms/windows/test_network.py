from __future__ import annotations

import pytest

from agent.platforms.windows import network

ETHERNET, WIFI, TUNNEL, WWAN = 6, 71, 131, 243


def interface(type_, medium=0, **other):
    usual = {"driver": "", "index": 4, "is_filter": False, "is_up": True, "is_default": True, "speed_bps": 100_000_000}
    return {"type": type_, "medium": medium, **usual, **other}


@pytest.mark.parametrize(
    ("type_", "medium", "link"),
    [
        (ETHERNET, 14, "ethernet"),
        (ETHERNET, 0, "ethernet"),
        (WIFI, 9, "wifi"),
        (ETHERNET, 9, "wifi"),  # as old drivers say it
        (WWAN, 8, "mobile"),
        (ETHERNET, 8, "mobile"),
        (TUNNEL, 0, "other"),
    ],
)
def test_the_link_is_told_by_type_and_medium_not_by_a_name(type_, medium, link):
    assert network.link_of(interface(type_, medium)) == link


def test_the_signal_is_told_by_the_scale_of_windows(windows):
    found = network.read(windows(interfaces=[interface(WIFI)], rssi_dbm=-62))
    assert found.wifi_signal_pct.value == 76.0


def test_a_phone_or_stick_that_plays_a_network_card_is_told_by_its_driver(windows):
    cable, phone = interface(ETHERNET, driver="rt640x64"), interface(ETHERNET, driver="USBRNDIS6", is_default=False)
    found = network.read(windows(interfaces=[cable, phone]))
    assert (found.link.value, found.mobile_interfaces.value) == ("ethernet", 1)
    assert network.link_of(phone) == "mobile"


@pytest.mark.parametrize("speed_bps", [0, 2**64 - 1])
def test_a_speed_that_is_not_told_is_absent(windows, speed_bps):
    found = network.read(windows(interfaces=[interface(ETHERNET, speed_bps=speed_bps)]))
    assert found.link_speed_mbps.why == "absent"


def test_wifi_knows_no_duplex_and_a_question_about_the_place_is_denied(windows):
    found = network.read(windows(interfaces=[interface(WIFI)]))
    assert found.is_full_duplex.why == "unsupported"
    assert found.wifi_signal_pct.why == "absent"


def test_layers_over_an_interface_tunnels_and_loopback_are_not_counted(windows):
    others = [interface(ETHERNET, is_filter=True), interface(TUNNEL), interface(24), interface(WWAN, is_filter=True)]
    found = network.read(windows(interfaces=[interface(ETHERNET), *others]))
    assert (found.interfaces_up.value, found.mobile_interfaces.value) == (1, 0)
