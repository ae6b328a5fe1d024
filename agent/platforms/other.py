"""A system that we know nothing special about: the network by psutil, the rest says that it is not supported."""

from __future__ import annotations

import socket
from typing import Any, Dict, Optional, Type, TypeVar

from agent.facts import fact, unsupported
from agent.platforms.machine import Machine, Reader
from contract.fields import Message
from contract.findings import Camera, Display, Network, Power, Sound

_Findings = TypeVar("_Findings", bound=Message)


def nothing(findings: Type[_Findings]) -> _Findings:
    """Return findings of this kind whose every fact says that it is not supported."""
    return findings(**{name: fact(unsupported) for name in findings.model_fields if name != "kind"})


def network(_: Machine) -> Network:
    """Read the facts by psutil; the default route's interface is the one our own address belongs to."""
    return Network(
        link=fact(unsupported),
        link_speed_mbps=fact(lambda: float(_stats()[default_name()].speed) or None),
        interfaces_up=fact(lambda: sum(stat.isup for stat in _stats().values())),
        has_default_route=fact(has_default_route),
        is_full_duplex=fact(lambda: _is_full_duplex(_stats()[default_name()].duplex)),
        wifi_signal_pct=fact(unsupported),
        mobile_interfaces=fact(unsupported),
    )


def has_default_route() -> bool:
    """Tell whether a packet to the world would leave by some interface."""
    return _own_address() is not None


def default_name() -> str:
    """Return the name of the interface that a packet to the world would leave by; raises LookupError of none."""
    import psutil

    own = _own_address()
    for name, addresses in psutil.net_if_addrs().items():
        if any(address.address == own for address in addresses):
            return name
    raise LookupError("no default route")


def _stats() -> Dict[str, Any]:
    import psutil

    return psutil.net_if_stats()


def _is_full_duplex(duplex: Any) -> Optional[bool]:
    import psutil

    return {psutil.NIC_DUPLEX_FULL: True, psutil.NIC_DUPLEX_HALF: False}.get(duplex)


def _own_address() -> Optional[str]:
    """Return the address that a packet to the world would leave from; none is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.connect(("192.0.2.1", 9))  # TEST-NET-1: nobody is there
        except OSError:
            return None
        return str(udp.getsockname()[0])


READER = Reader(
    camera=lambda _: nothing(Camera),
    sound=lambda _: nothing(Sound),
    display=lambda _: nothing(Display),
    power=lambda _: nothing(Power),
    network=network,
    gateway=lambda _: unsupported(),
    temperature_c=lambda _: unsupported(),
    disk_health=lambda _: unsupported(),
    distribution=lambda _: unsupported(),
    record=lambda _: {},
)
