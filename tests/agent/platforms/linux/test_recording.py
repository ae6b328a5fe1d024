from __future__ import annotations

import json

import pytest

from agent.platforms.linux import READER

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wg-nguyenvana\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0
enp3s0\t00000000\t00000000\t0003\t0\t0\t100\t00000000\t0\t0\t0
"""
WIRELESS = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
   lan: 0000   54.  -56.  -256        0      0      0      0      0        0
"""


def interface(name, folder="sys/devices/virtual/net"):
    return {
        f"sys/class/net/{name}": {"link": f"../../{folder[len('sys/') :]}/{name}"},
        f"{folder}/{name}/type": "1\n",
        f"{folder}/{name}/operstate": "up\n",
    }


def test_an_interface_that_somebody_named_is_numbered_and_reads_the_same(machine):
    files = {"proc/net/route": ROUTES, "proc/net/wireless": WIRELESS}
    for name in ("lo", "enp3s0", "wg-nguyenvana", "lan", "enlan"):
        files.update(interface(name))
    there = machine(files)
    recorded = READER.record(there)
    assert not any(name in json.dumps(recorded) for name in ("nguyenvana", "lan:", "net/lan", "enlan"))
    assert recorded["sys/class/net/enp3s0"] == {"link": "../../devices/virtual/net/enp3s0"}
    named = {name for name in recorded if name.startswith("sys/class/net/if")}
    assert {recorded[name]["link"].rpartition("/")[2] for name in named} == {name.rpartition("/")[2] for name in named}
    vpn = recorded["proc/net/route"].splitlines()[1].split()[0]
    assert recorded[f"sys/devices/virtual/net/{vpn}/type"] == "1\n"
    found = READER.network(there)
    (there.root / "sys").rename(there.root.with_name("before"))
    assert READER.network(machine(recorded)) == found


@pytest.mark.parametrize(
    "name", ["eth0", "wlan0", "eno1", "enp0s31f6", "enP2p1s0f1np0", "enp0s20f0u1", "wlp2s0", "usb0"]
)
def test_a_name_that_nobody_chose_stays(machine, name):
    assert f"sys/class/net/{name}" in READER.record(machine(interface(name)))


@pytest.mark.parametrize("content", ["TV of co Lan", b"\xff TV of co Lan" * 20])
def test_what_stands_in_place_of_an_edid_does_not_leave(machine, content):
    recorded = READER.record(machine({"sys/class/drm/card0-HDMI-A-1/edid": content}))
    assert recorded["sys/class/drm/card0-HDMI-A-1/edid"] in ("", {"hex": ""})
