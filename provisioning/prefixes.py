"""Whose a public address is: the longest of the prefixes it lies in tells. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

Network = IPv4Network | IPv6Network


class Prefix(NamedTuple):
    """Addresses and the code of the provider whose they are."""

    network: Network
    provider: str


class Prefixes:
    """The prefixes, laid out as stretches of addresses so that one search finds the longest that holds."""

    def __init__(self, prefixes: Iterable[Prefix]) -> None:
        """Take prefixes, of which no two are the same network."""
        prefixes = list(prefixes)
        self._stretches = {
            version: _stretches(prefix for prefix in prefixes if prefix.network.version == version)
            for version in (4, 6)
        }

    def provider_of(self, address: str) -> str | None:
        """Return the provider's code; None when nobody has claimed the address, or it is none."""
        try:
            found = _plain(ip_address(address))
        except ValueError:
            return None
        starts, providers = self._stretches[found.version]
        number = bisect_right(starts, int(found)) - 1
        return providers[number] if number >= 0 else None


def enclosing(networks: Iterable[Network]) -> dict[Network, Network]:
    """Return, of each network that lies within others, the smallest of them."""
    found: dict[Network, Network] = {}
    around: list[Network] = []
    for network in sorted(networks, key=_from_wide_to_narrow):
        while around and not _holds(around[-1], network):
            around.pop()
        if around:
            found[network] = around[-1]
        around.append(network)
    return found


def _stretches(prefixes: Iterable[Prefix]) -> tuple[list[int], list[str | None]]:
    """Return where each stretch of addresses begins, in order, and whose it is until the next one."""
    starts: list[int] = []
    providers: list[str | None] = []
    around: list[tuple[int, str]] = []  # the last address of each prefix that holds here, and whose it is

    def begin(at: int) -> None:
        provider = around[-1][1] if around else None
        if starts and starts[-1] == at:
            providers[-1] = provider
        else:
            starts.append(at)
            providers.append(provider)

    def end_before(at: int | None) -> None:
        while around and (at is None or around[-1][0] < at):
            last, _ = around.pop()
            begin(last + 1)

    for network, provider in sorted(prefixes, key=lambda prefix: _from_wide_to_narrow(prefix.network)):
        first = int(network.network_address)
        end_before(first)
        around.append((int(network.broadcast_address), provider))
        begin(first)
    end_before(None)
    return starts, providers


def _from_wide_to_narrow(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen


def _holds(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and int(inner.broadcast_address) <= int(outer.broadcast_address)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, where a server listens on both by one socket."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped if mapped is not None else address
