"""The network: the table of interfaces, and the one that packets to the world leave by."""

from __future__ import annotations

from agent.facts import fact, found
from agent.platforms.wifi import signal_pct
from agent.platforms.windows.powershell import rows
from agent.platforms.windows.sources import Interface, Sources
from contract.findings import Network

_ETHERNET, _LOOPBACK, _WIFI, _TUNNEL, _WWAN = 6, 24, 71, 131, (243, 244)  # IF_TYPE_* of ipifcons.h
_MEDIUM_MOBILE, _MEDIUM_WIFI = 8, (1, 9)  # NdisPhysicalMedium*: WirelessWan, WirelessLan, Native802_11 (ntddndis.h)
_UNKNOWN_BPS = 2**64 - 1
_RNDIS = ("usb_rndis", "usbrndis", "rndismp")  # drivers of sticks and phones that look like a network card


def read(sources: Sources) -> Network:
    """Read the facts of the link that the default route uses."""
    return found(
        Network,
        link=fact(lambda: link_of(_default(sources))),
        link_speed_mbps=fact(lambda: _speed_mbps(_default(sources))),
        interfaces_up=fact(lambda: sum(_counts(interface) for interface in sources.interfaces())),
        has_default_route=fact(lambda: any(interface["is_default"] for interface in sources.interfaces())),
        is_full_duplex=fact(lambda: _is_full_duplex(sources)),
        wifi_signal_pct=fact(lambda: _signal_pct(sources)),
        mobile_interfaces=fact(lambda: _mobile_interfaces(sources)),
    )


def gateway() -> str:
    """Return the hardware address of the router that packets to the world leave by; raises LookupError of none."""
    from agent.platforms.windows.native import arp

    return arp.gateway()


def link_of(interface: Interface) -> str:
    """Return the kind of link of an interface."""
    if interface["type"] == _WIFI or interface["medium"] in _MEDIUM_WIFI:
        return "wifi"
    is_rndis = interface["driver"].lower().startswith(_RNDIS)
    if interface["type"] in _WWAN or interface["medium"] == _MEDIUM_MOBILE or is_rndis:
        return "mobile"
    return "ethernet" if interface["type"] == _ETHERNET else "other"


def _default(sources: Sources) -> Interface:
    for interface in sources.interfaces():
        if interface["is_default"]:
            return interface
    raise LookupError("no default route")


def _speed_mbps(interface: Interface) -> float:
    if interface["speed_bps"] in (0, _UNKNOWN_BPS):
        raise LookupError("the interface does not tell")
    return interface["speed_bps"] / 1e6


def _counts(interface: Interface) -> bool:
    return interface["is_up"] and not interface["is_filter"] and interface["type"] not in (_LOOPBACK, _TUNNEL)


def _is_full_duplex(sources: Sources) -> bool:
    default = _default(sources)
    if link_of(default) != "ethernet":
        raise NotImplementedError("this kind of link knows no duplex")
    for row in rows(sources.wmi(), "MSFT_NetAdapter"):
        if row["InterfaceIndex"] == default["index"]:
            return bool(row["FullDuplex"])
    raise LookupError("no adapter")


def _signal_pct(sources: Sources) -> float:
    if link_of(_default(sources)) != "wifi":
        raise LookupError("not on Wi-Fi")
    return signal_pct(sources.rssi_dbm())


def _mobile_interfaces(sources: Sources) -> int:
    return sum(link_of(interface) == "mobile" and not interface["is_filter"] for interface in sources.interfaces())
