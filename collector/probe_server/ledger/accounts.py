"""Caps and what is reserved under them: one account for the server and one for each administrative unit.

An account has two parts. Campaign tests never use the kept part; on-demand tests use it at any time, and the rest
as long as no campaign test waits for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from collector.probe_server.ledger.calendar import Calendar
from collector.probe_server.ledger.terms import Ask, TooNarrowError

KEPT = 0.05  # of each cap, and at least one on-demand peak
EARLY = 1.03  # bookings are this much denser than capacity, which guesses of costs are a little off
NEARLY = 0.75  # a unit that has so much left, in time, of what a wider one has: it must not come to be the last
CAMPAIGN, ON_DEMAND = 0, 1
SERVER = "server"


class Caps(NamedTuple):
    """What may be reserved at once.

    server_bps: the server's capacity.
    level_bps: of a unit that has no cap of its own, by its place among a site's units (province, district).
    largest_peak_bps: of any one test; so much at least is kept for on-demand tests under each cap.
    unit_bps: caps of single units.
    """

    server_bps: int
    level_bps: tuple[int, ...]
    largest_peak_bps: int
    unit_bps: Mapping[str, int] = {}

    def of(self, level: int, unit: str) -> int:
        """Return the cap of a unit, the `level`-th of its site's units, bit/s."""
        return self.unit_bps.get(unit, self.level_bps[min(level, len(self.level_bps) - 1)])

    def kept_bps(self, cap_bps: int) -> int:
        """Return how much of a cap is kept for on-demand tests, bit/s."""
        return min(cap_bps, max(math.ceil(KEPT * cap_bps), self.largest_peak_bps))


def packed_bps(open_bps: float, peak_bps: float) -> float:
    """Return the mean rate that a full account holds: on average half a peak is free, and too narrow for the next."""
    return max(open_bps - peak_bps / 2, open_bps / 2)


class Part:
    """One of the two parts of an account: what is reserved in it, asked of it, and waits for it."""

    __slots__ = ("calendar", "due_bits", "left_bits", "open_bps", "parked", "parked_queues", "reserved_bps")

    def __init__(self) -> None:
        self.open_bps = 0
        self.reserved_bps = 0
        self.left_bits = 0.0  # expected work that is not granted yet
        self.due_bits = 0.0  # of it, that of places whose time has come
        self.parked_queues = 0
        self.parked: list[Any] = []  # kept by collector.probe_server.ledger.queue
        self.calendar = Calendar()

    def open(self, open_bps: int, largest_peak_bps: int) -> None:
        """Let so much be reserved in it from now on."""
        self.open_bps = open_bps
        self.calendar.change(EARLY * packed_bps(open_bps, largest_peak_bps))

    @property
    def left_s(self) -> float:
        """How long the work that is left takes, if nothing else limits it."""
        return self.left_bits / self.open_bps

    @property
    def due_s(self) -> float:
        """How long the work takes whose time has come."""
        return self.due_bits / self.open_bps


class Account:
    """What is reserved under one cap."""

    __slots__ = ("cap_bps", "name", "parts")

    def __init__(self, name: str, cap_bps: int, caps: Caps) -> None:
        self.name = name
        self.parts = (Part(), Part())
        self.change(cap_bps, caps)

    def change(self, cap_bps: int, caps: Caps) -> None:
        """Go by another cap from now on."""
        self.cap_bps = cap_bps
        kept_bps = caps.kept_bps(cap_bps)
        for part, open_bps in zip(self.parts, (cap_bps - kept_bps, kept_bps), strict=True):
            part.open(open_bps, caps.largest_peak_bps)

    def room_bps(self, part: int) -> int:
        """Return the highest peak that may be reserved now in a part."""
        campaign, on_demand = self.parts
        free_bps = self.cap_bps - campaign.reserved_bps - on_demand.reserved_bps
        if part == CAMPAIGN:
            return min(free_bps, campaign.open_bps - campaign.reserved_bps)
        return min(free_bps, on_demand.open_bps - on_demand.reserved_bps) if campaign.parked_queues else free_bps


class Accounts:
    """The accounts of a server and of all units that it has heard of."""

    def __init__(self, caps: Caps) -> None:
        self.caps = caps
        self.server = Account(SERVER, caps.server_bps, caps)
        self._units: dict[str, Account] = {}
        self._levels: dict[str, int] = {}
        self._chains: dict[tuple[str, ...], tuple[Account, ...]] = {}

    def __iter__(self) -> Iterator[Account]:
        yield self.server
        yield from self._units.values()

    def chain(self, units: tuple[str, ...]) -> tuple[Account, ...]:
        """Return the accounts under which a site of these units loads the network, narrowest first."""
        chain = self._chains.get(units)
        if chain is None:
            for level, unit in enumerate(units):
                if unit not in self._units:
                    self._levels[unit] = level
                    self._units[unit] = Account(unit, self.caps.of(level, unit), self.caps)
            chain = (*(self._units[unit] for unit in reversed(units)), self.server)
            self._chains[units] = chain
        return chain

    def change(self, caps: Caps) -> None:
        """Go by other caps from now on; what is reserved stays so."""
        self.caps = caps
        self.server.change(caps.server_bps, caps)
        for unit, account in self._units.items():
            account.change(caps.of(self._levels[unit], unit), caps)

    def fits(self, ask: Ask) -> bool:
        """Tell whether this could be granted when nothing else is."""
        return all(ask.peak_bps <= account.parts[ask.is_on_demand].open_bps for account in self.chain(ask.units))

    def check(self, ask: Ask) -> None:
        """Raise TooNarrowError when this could never be granted, however long it waited."""
        for account in self.chain(ask.units):
            open_bps = account.parts[ask.is_on_demand].open_bps
            if ask.peak_bps > open_bps:
                kind = "an on-demand" if ask.is_on_demand else "a campaign"
                raise TooNarrowError(
                    f"{account.name}: of its cap of {account.cap_bps} bit/s {open_bps} are open to {kind} test,"
                    f" which needs {ask.peak_bps}"
                )
