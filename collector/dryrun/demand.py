"""What a session will ask of the network into a province, and whether what VNPT has confirmed is enough: pure.

No probe proves this: a probe tests one line at a time, and the event loads all of them at once. Sources: Little's law
(the mean number at once is rate times duration) as D. E. Smith applies it to television over IP, "IP TV Bandwidth
Demand: Multicast and Channel Surfing", INFOCOM 2007; the burst by which a box begins a channel: RFC 6285.
"""

from __future__ import annotations

from math import ceil, sqrt
from typing import NamedTuple

DELIVERIES = ("unicast", "multicast")
CHANNELS = 1  # an event is one programme
WINDOW_S = 300.0  # within which all sites switch on: our own choice, as the next two
BURST_S = {"unicast": 30.0, "multicast": 2.0}  # until a player has filled its buffer; until a box has joined the group
BURST_RATIO = {"unicast": 1.0, "multicast": 1.3}  # of the bitrate, meanwhile and on top of what flows for good
_SIGMAS = 3.0  # of a Poisson number


class Key(NamedTuple):
    """What capacity is confirmed for: a province, and how the event comes to its sites."""

    unit_id: int
    medium: str
    delivery: str


class Demand(NamedTuple):
    """What sites that take the event in one way will load: for good, and at most while they switch on; Mbit/s."""

    sites: int
    steady_mbps: float
    peak_mbps: float


class Confirmed(NamedTuple):
    """What VNPT carries, who there said so, and when (microseconds UTC)."""

    mbps: float
    by: str
    at: int
    note: str


def usual_delivery(medium: str) -> str:
    """Return how the event comes to a site of which the roster does not say: MyTV is television, all else is not."""
    return "multicast" if medium == "mytv" else "unicast"


def demand(sites: int, delivery: str, bitrate_mbps: float) -> Demand:
    """Return what so many sites of a province load: unicast a stream each, multicast one for each channel.

    While they switch on, at random within the window, each also takes a burst; so many burst at once as Little's law
    tells, and three standard deviations more, but never more than there are. The peak is a whole number: whoever
    confirms what they read has confirmed enough.
    """
    steady_mbps = bitrate_mbps * (sites if delivery == "unicast" else min(sites, CHANNELS))
    mean = sites * BURST_S[delivery] / WINDOW_S
    at_once = min(float(sites), mean + _SIGMAS * sqrt(mean))
    return Demand(sites, steady_mbps, ceil(steady_mbps + at_once * BURST_RATIO[delivery] * bitrate_mbps))


def state(needed: Demand, confirmed: Confirmed | None) -> str:
    """Return confirmed, short (less than the peak) or unconfirmed: one of conclusions.CAPACITIES."""
    if confirmed is None:
        return "unconfirmed"
    return "confirmed" if confirmed.mbps >= needed.peak_mbps else "short"
