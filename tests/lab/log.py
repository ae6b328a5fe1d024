"""The truth about a stream of UDP packets: what the emulator saw of each, and the figures that follow from it."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

_LOST = 0.0  # departures below it are none


class Packet(NamedTuple):
    """A UDP packet on its way: when it came to the link and when it left it, on the emulator's clock."""

    way: str  # "down" or "up"
    from_port: int
    to_port: int
    sequence: int  # the first four bytes of its content, as in STAMP (RFC 8762)
    size: int  # of the IP packet, bytes
    arrival_s: float
    departure_s: float | None  # None: it never left

    @property
    def delay_ms(self) -> float | None:
        """Time under way."""
        return None if self.departure_s is None else (self.departure_s - self.arrival_s) * 1000


def read(file: Path) -> list[Packet]:
    """Return the packets of a log, in the order in which they came to the link."""
    with file.open(newline="") as lines:
        return sorted((_packet(row) for row in csv.DictReader(lines)), key=lambda packet: packet.arrival_s)


def loss(packets: Sequence[Packet]) -> float:
    """Return the share that never left; packets of one direction and stream."""
    return sum(packet.departure_s is None for packet in packets) / len(packets)


def delays_ms(packets: Iterable[Packet]) -> list[float]:
    """Return the delays of those that left."""
    return [packet.delay_ms for packet in packets if packet.delay_ms is not None]


def jitter_ms(packets: Iterable[Packet]) -> float:
    """Return the interarrival jitter by RFC 3550, section 6.4.1, as it stands after the last packet that left."""
    jitter, transits = 0.0, delays_ms(sorted(packets, key=lambda packet: packet.departure_s or _LOST))
    for before, after in itertools.pairwise(transits):
        jitter += (abs(after - before) - jitter) / 16
    return jitter


def _packet(row: dict[str, str]) -> Packet:
    departure_s = float(row["departure_s"])
    numbers = (int(row[name]) for name in ("from_port", "to_port", "sequence", "size"))
    return Packet(row["way"], *numbers, float(row["arrival_s"]), departure_s if departure_s >= _LOST else None)
