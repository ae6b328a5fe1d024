from __future__ import annotations

from pathlib import Path

import pytest

from agent.platforms.linux import network
from agent.platforms.machine import Machine, run
from contract.findings import Fact

HEADER = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
WIFI_BEFORE_CABLE = (
    HEADER + "wlp2s0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
    "enp3s0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "enp3s0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
)
NO_DEFAULT = HEADER + "enp3s0\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
DOWN = HEADER + "enp3s0\t00000000\t0101A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0\n"


@pytest.mark.parametrize(
    ("table", "route"),
    [(WIFI_BEFORE_CABLE, ("enp3s0", "192.168.1.1")), (NO_DEFAULT, None), (DOWN, None), (HEADER, None), ("", None)],
)
def test_the_default_route_is_the_one_of_the_lowest_metric(table, route):
    assert network.default_route(table) == route


ARP = (
    "IP address       HW type     Flags       HW address            Mask     Device\n"
    "192.168.1.1      0x1         0x2         00:00:5e:00:53:02     *        wlp2s0\n"
    "192.168.1.1      0x1         0x2         00:00:5e:00:53:01     *        enp3s0\n"
    "192.168.1.9      0x1         0x2         00:00:5e:00:53:09     *        enp3s0\n"
)


@pytest.mark.parametrize(
    ("routes", "neighbours"),
    [
        (NO_DEFAULT, ARP),
        (WIFI_BEFORE_CABLE, ""),
        (WIFI_BEFORE_CABLE, ARP.replace("192.168.1.1 ", "192.168.1.7 ")),
        (WIFI_BEFORE_CABLE, ARP.replace("0x2", "0x0")),  # asked, and not answered
        (WIFI_BEFORE_CABLE, ARP.replace("*        enp3s0", "*        eth9")),
    ],
)
def test_a_router_that_has_not_answered_is_not_known(tmp_path, routes, neighbours):
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(routes)
    (tmp_path / "proc/net/arp").write_text(neighbours)
    with pytest.raises(LookupError):
        network.gateway(Machine(tmp_path, run))


def test_the_router_is_the_one_of_the_default_route_on_its_own_interface(tmp_path):
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(WIFI_BEFORE_CABLE)
    (tmp_path / "proc/net/arp").write_text(ARP)
    assert network.gateway(Machine(tmp_path, run)) == "00:00:5e:00:53:01"


@pytest.fixture
def machine(tmp_path):
    """Return a function that writes the files of a Linux machine and reads its facts."""

    def machine(table, **interfaces):
        (tmp_path / "proc/net").mkdir(parents=True)
        (tmp_path / "proc/net/route").write_text(table)
        (tmp_path / "sys/class/net").mkdir(parents=True)
        for name, files in interfaces.items():
            for file, content in files.items():
                target = tmp_path / "sys/class/net" / name / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.mkdir() if content is None else target.write_text(content)
        return network.read(Machine(tmp_path, run))

    return machine


def test_a_cable_is_read_with_its_speed(machine):
    found = machine(
        WIFI_BEFORE_CABLE,
        lo={"type": "772\n", "operstate": "unknown\n"},
        enp3s0={"type": "1\n", "operstate": "up\n", "speed": "1000\n"},
        wlp2s0={"type": "1\n", "operstate": "down\n", "wireless": None},
    )
    assert found.link.value == "ethernet"
    assert found.link_speed_mbps.value == 1000.0
    assert found.interfaces_up.value == 1
    assert found.has_default_route.value is True


def test_wifi_is_known_by_its_folder_and_has_no_speed_here(machine):
    found = machine(
        WIFI_BEFORE_CABLE.replace("600", "50"),
        wlp2s0={"type": "1\n", "operstate": "up\n", "wireless": None, "speed": "-1\n"},
    )
    assert found.link.value == "wifi"
    assert found.link_speed_mbps == Fact(why="absent")


@pytest.mark.parametrize("name", ["wwan0", "usb0"])
def test_mobile_is_known_by_its_name_or_driver(machine, tmp_path, name):
    (tmp_path / "drivers/cdc_mbim").mkdir(parents=True)
    (tmp_path / "sys/class/net" / name / "device").mkdir(parents=True)
    if name == "usb0":
        (tmp_path / "sys/class/net/usb0/device/driver").symlink_to(tmp_path / "drivers/cdc_mbim")
    folder = tmp_path / "sys/class/net" / name
    (folder / "type").write_text("1\n")
    assert network.link_of(folder) == "mobile"


def test_without_a_default_route_every_fact_says_so(machine):
    found = machine(NO_DEFAULT, enp3s0={"type": "1\n", "operstate": "up\n"})
    assert found.has_default_route.value is False
    assert found.link == Fact(why="absent")


def test_a_machine_that_hides_everything_costs_no_hole(tmp_path):
    found = network.read(Machine(tmp_path, run))
    assert {fact.why for fact in (found.link, found.link_speed_mbps, found.interfaces_up)} == {"absent"}
    assert found.has_default_route.why == "absent"


WIRELESS = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
wlp2s0: 0000   54.  -56.  -256        0      0      0      0      0        0
"""


def test_the_signal_is_read_by_the_kernels_scale():
    assert network.signal_pct(WIRELESS, "wlp2s0") == 77.0
    with pytest.raises(LookupError):
        network.signal_pct(WIRELESS, "enp3s0")


@pytest.mark.parametrize(("content", "is_full"), [("full\n", True), ("half\n", False)])
def test_a_cable_at_half_duplex_is_told(machine, content, is_full):
    found = machine(WIFI_BEFORE_CABLE, enp3s0={"type": "1\n", "operstate": "up\n", "duplex": content})
    assert found.is_full_duplex.value is is_full


def test_a_modem_that_stands_by_is_counted(machine):
    found = machine(
        WIFI_BEFORE_CABLE,
        enp3s0={"type": "1\n", "operstate": "up\n"},
        wwan0={"type": "65534\n", "operstate": "down\n"},
    )
    assert (found.link.value, found.mobile_interfaces.value) == ("ethernet", 1)


def test_this_machine_is_read():
    assert network.read(Machine(Path("/"), run)).interfaces_up.value is not None
