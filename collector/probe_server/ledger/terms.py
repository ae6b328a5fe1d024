"""What is asked of a ledger, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Ask(NamedTuple):
    """A device asks for leave to load the network.

    units: the administrative units that its site lies in, widest first (province, district).
    need_class: sites of one class need the same rates, so that their tests last about equally long.
    peak_bps: the highest rate of its test.
    """

    device: str
    units: tuple[str, ...]
    need_class: str
    peak_bps: int
    is_on_demand: bool = False


@dataclass(slots=True)
class Slot:
    """Leave to load the network, at `peak_bps` at most, until `expires_s` unless it is renewed before."""

    number: int
    ask: Ask
    order: tuple[float, int]  # that of the booking it was granted for: a run that is booked again keeps it
    granted_s: float
    ends_by_s: float  # no renewal goes beyond
    expires_s: float
    peak_bps: int  # as lowered
    lowered_s: float  # since when the peak is what it is
    work_bits: float = 0.0  # reserved rate times duration, up to lowered_s


class Granted(NamedTuple):
    """The slot is the device's."""

    slot: Slot


class Waiting(NamedTuple):
    """The device's time has come and it stands in the queue: hold its request until then, or until it is granted."""

    until_s: float


class Booked(NamedTuple):
    """The device comes again at this time, and keeps its place."""

    at_s: float


class Stopped(NamedTuple):
    """Nothing is granted or booked: the centre has stopped the load."""


Answer = Granted | Waiting | Booked | Stopped


class Group(NamedTuple):
    """Sites of a campaign that lie in the same units and have the same need."""

    units: tuple[str, ...]
    need_class: str
    peak_bps: int
    sites: int


class Booking(NamedTuple):
    """A place as it is kept on disk."""

    ask: Ask
    at_s: float
    number: int  # among bookings of one time, the lower goes first


class Cost(NamedTuple):
    """What one slot costs: how long it is held, rate reserved times time, bytes moved."""

    duration_s: float
    work_bits: float
    moved_bytes: float


class Ended(NamedTuple):
    """A slot that is over, as the ledger's history keeps it."""

    ended_s: float
    need_class: str
    is_on_demand: bool
    cost: Cost


class Figures(NamedTuple):
    """The state of a ledger for /metrics; each tuple is (campaign, on demand)."""

    capacity_bps: int
    reserved_bps: tuple[int, ...]
    slots: tuple[int, ...]
    waiting: tuple[int, ...]
    booked: tuple[int, ...]
    granted_total: tuple[int, ...]
    expired_slots_total: int
    expired_bookings_total: int
    rebooked_total: int


class TooNarrowError(Exception):
    """A test whose peak no free capacity could ever hold; the text says which cap is too low, and for what."""
