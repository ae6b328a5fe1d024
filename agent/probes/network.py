"""How the machine reaches the network: the kind and speed of the link that the default route uses.

Never addresses, and never the name of a network. On Linux from /proc/net/route (below) and /sys/class/net:

    Iface   Destination  Gateway   Flags  RefCnt  Use  Metric  Mask      MTU  Window  IRTT
    eth0    00000000     010011AC  0003   0       0    0       00000000  0    0       0
"""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path
from typing import Optional

import psutil

from agent.probes.context import Context, fact
from contract.findings import Network

_UP = 0x1  # RTF_UP
_ETHERNET = 1  # ARPHRD_ETHER
_MOBILE_DRIVERS = ("qmi_wwan", "cdc_mbim", "huawei_cdc_ncm", "rndis_host", "sierra_net")
_WIFI_NAME = re.compile(r"wi-?fi|wireless|wlan|không dây", re.IGNORECASE)
_ETHERNET_NAME = re.compile(r"ethernet|local area connection", re.IGNORECASE)


def measure(_: Context) -> Network:
    """Read the network's facts of this machine."""
    return read_linux(Path("/")) if sys.platform.startswith("linux") else _read_others()


def read_linux(root: Path) -> Network:
    """Read the facts of the Linux machine whose file system lies at `root`."""
    interfaces = root / "sys" / "class" / "net"

    def default() -> str:
        name = default_interface((root / "proc" / "net" / "route").read_text(encoding="ascii"))
        if name is None:
            raise LookupError("no default route")
        return name

    return Network(
        link=fact(lambda: link_of(interfaces / default())),
        link_speed_mbps=fact(lambda: _speed_mbps(interfaces / default())),
        interfaces_up=fact(lambda: sum(_is_up(folder) for folder in interfaces.iterdir())),
        has_default_route=fact(
            lambda: default_interface((root / "proc" / "net" / "route").read_text(encoding="ascii")) is not None
        ),
    )


def default_interface(table: str) -> Optional[str]:
    """Return the interface of the default route with the lowest metric in a /proc/net/route table, None of none."""
    routes = []
    for row in table.splitlines()[1:]:
        columns = row.split()
        is_default = len(columns) >= 8 and columns[1] == columns[7] == "00000000"
        if is_default and int(columns[3], 16) & _UP:
            routes.append((int(columns[6]), columns[0]))
    return min(routes)[1] if routes else None


def link_of(interface: Path) -> str:
    """Return the kind of link of an interface, given its folder in /sys/class/net."""
    if (interface / "wireless").exists() or (interface / "phy80211").exists():
        return "wifi"
    driver = interface / "device" / "driver"
    if interface.name.startswith("wwan") or (driver.exists() and driver.resolve().name in _MOBILE_DRIVERS):
        return "mobile"
    return "ethernet" if _number(interface / "type") == _ETHERNET else "other"


def _speed_mbps(interface: Path) -> Optional[float]:
    try:
        speed = _number(interface / "speed")
    except PermissionError:
        raise
    except OSError as error:  # EINVAL: this kind of link has no fixed speed
        raise NotImplementedError from error
    return float(speed) if speed > 0 else None


def _is_up(interface: Path) -> bool:
    return interface.name != "lo" and (interface / "operstate").read_text(encoding="ascii").strip() in ("up", "unknown")


def _number(file: Path) -> int:
    return int(file.read_text(encoding="ascii"))


def _read_others() -> Network:
    """Read the facts by psutil, where the default route's interface is the one our own address belongs to."""
    stats = psutil.net_if_stats()
    return Network(
        link=fact(lambda: link_by_name(_default_name())),
        link_speed_mbps=fact(lambda: float(stats[_default_name()].speed) or None),
        interfaces_up=fact(lambda: sum(stat.isup for stat in stats.values())),
        has_default_route=fact(lambda: _own_address() is not None),
    )


def link_by_name(name: str) -> str:
    """Return the kind of link that an interface's name speaks of; raises NotImplementedError when it does not say."""
    if _WIFI_NAME.search(name):
        return "wifi"
    if _ETHERNET_NAME.search(name):
        return "ethernet"
    raise NotImplementedError("the interface's name does not tell")


def _default_name() -> str:
    own = _own_address()
    for name, addresses in psutil.net_if_addrs().items():
        if any(address.address == own for address in addresses):
            return name
    raise LookupError("no default route")


def _own_address() -> Optional[str]:
    """Return the address that a packet to the world would leave from; none is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.connect(("192.0.2.1", 9))  # TEST-NET-1: nobody is there
        except OSError:
            return None
        return str(udp.getsockname()[0])
