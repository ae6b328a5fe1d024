"""The network: /sys/class/net, and three tables of /proc/net, `route`, `wireless`, `arp`:

Iface   Destination  Gateway   Flags  RefCnt  Use  Metric  Mask      MTU  Window  IRTT
eth0    00000000     010011AC  0003   0       0    0       00000000  0    0       0

Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
wlp2s0: 0000   54.  -56.  -256        0      0      0      0      0        0

IP address       HW type     Flags       HW address            Mask     Device
192.168.1.1      0x1         0x2         00:00:5e:00:53:01     *        eth0
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from agent.facts import fact
from agent.platforms.linux.files import number, text
from agent.platforms.machine import Machine
from contract.findings import Network

_UP = 0x1  # RTF_UP
_COMPLETE = 0x2  # ATF_COM: the address has answered
_ETHERNET = 1  # ARPHRD_ETHER
_MOBILE_DRIVERS = ("qmi_wwan", "cdc_mbim", "huawei_cdc_ncm", "rndis_host", "sierra_net")
_BEST_QUALITY = 70  # of a Wi-Fi link, by the kernel's own scale (net/wireless/wext-compat.c)


class Route(NamedTuple):
    """Where packets to the world go."""

    interface: str
    gateway: str  # 0.0.0.0 where the interface itself is the way: 4G, PPP


def read(machine: Machine) -> Network:
    """Read the facts of the link that the default route uses."""

    def default_name() -> Optional[str]:
        route = default_route(text(machine.root / "proc" / "net" / "route"))
        return None if route is None else route.interface

    return read_link(machine, default_name)


def gateway(machine: Machine) -> str:
    """Return the hardware address of the default route's router; raises LookupError or OSError when it is not known."""
    tables = machine.root / "proc" / "net"
    route = default_route(text(tables / "route"))
    if route is None:
        raise LookupError("no default route")
    return hardware_address(text(tables / "arp"), route)


def read_link(machine: Machine, default_name: Callable[[], Optional[str]]) -> Network:
    """Read the facts of the link whose name is given, None when there is no default route."""
    interfaces = machine.root / "sys" / "class" / "net"

    def default() -> Path:
        name = default_name()
        if name is None:
            raise LookupError("no default route")
        return interfaces / name

    return Network(
        link=fact(lambda: link_of(default())),
        link_speed_mbps=fact(lambda: _speed_mbps(default())),
        interfaces_up=fact(lambda: sum(_is_up(folder) for folder in interfaces.iterdir())),
        has_default_route=fact(lambda: default_name() is not None),
        is_full_duplex=fact(lambda: _is_full_duplex(default())),
        wifi_signal_pct=fact(lambda: signal_pct(text(machine.root / "proc" / "net" / "wireless"), default().name)),
        mobile_interfaces=fact(lambda: sum(_is_mobile(folder) for folder in interfaces.iterdir())),
    )


def default_route(table: str) -> Optional[Route]:
    """Return the default route with the lowest metric in a /proc/net/route table, None of none."""
    routes = []
    for row in table.splitlines()[1:]:
        columns = row.split()
        is_default = len(columns) >= 8 and columns[1] == columns[7] == "00000000"
        if is_default and int(columns[3], 16) & _UP:
            address = socket.inet_ntoa(int(columns[2], 16).to_bytes(4, sys.byteorder))
            routes.append((int(columns[6]), Route(columns[0], address)))
    return min(routes)[1] if routes else None


def hardware_address(table: str, route: Route) -> str:
    """Return the hardware address of a route's gateway by a /proc/net/arp table; raises LookupError of none."""
    for row in table.splitlines()[1:]:
        columns = row.split()
        is_its = len(columns) == 6 and (columns[0], columns[5]) == (route.gateway, route.interface)
        if is_its and int(columns[2], 16) & _COMPLETE:
            return columns[3]
    raise LookupError("the router has no hardware address")


def link_of(interface: Path) -> str:
    """Return the kind of link of an interface, given its folder in /sys/class/net."""
    if (interface / "wireless").exists() or (interface / "phy80211").exists():
        return "wifi"
    if _is_mobile(interface):
        return "mobile"
    return "ethernet" if number(interface / "type") == _ETHERNET else "other"


def signal_pct(table: str, interface: str) -> float:
    """Return how strong an interface's Wi-Fi is, by a /proc/net/wireless table; raises LookupError when it has none."""
    for row in table.splitlines():
        name, _, values = row.strip().partition(":")
        if name == interface:
            return min(100.0, round(100 * float(values.split()[1]) / _BEST_QUALITY))
    raise LookupError("not on Wi-Fi")


def _is_mobile(interface: Path) -> bool:
    return interface.name.startswith("wwan") or _driver(interface) in _MOBILE_DRIVERS


def _driver(interface: Path) -> str:
    try:
        return Path(os.readlink(str(interface / "device" / "driver"))).name
    except OSError:  # a virtual interface has none
        return ""


def _is_full_duplex(interface: Path) -> Optional[bool]:
    try:
        return {"full": True, "half": False}.get(text(interface / "duplex"))
    except PermissionError:
        raise
    except OSError as error:  # EINVAL: this kind of link knows no duplex
        raise NotImplementedError from error


def _speed_mbps(interface: Path) -> Optional[float]:
    try:
        speed = number(interface / "speed")
    except PermissionError:
        raise
    except OSError as error:  # EINVAL: this kind of link has no fixed speed
        raise NotImplementedError from error
    return float(speed) if speed > 0 else None


def _is_up(interface: Path) -> bool:
    return interface.name != "lo" and text(interface / "operstate") in ("up", "unknown")
