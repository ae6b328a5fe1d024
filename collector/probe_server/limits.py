"""Notices when this server, and not a line, is what limits the tests that run: then they say nothing of their lines."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import NamedTuple

import psutil

from collector.probe_server.slots import Slots

LATE_S = 0.25  # of our own turns: a test judges bins of 100 ms, and tells a stall of the line from two seconds on
FULL = 0.85  # of the capacity: beyond it packets wait for each other on our own card
_EVERY_S = 0.05
_CARD_EVERY_S = 1.0
_log = logging.getLogger(__name__)


class Card(NamedTuple):
    """What the network cards have carried, without loopback."""

    at_s: float
    sent_bytes: int
    received_bytes: int

    def mbps_since(self, before: Card) -> float:
        """Return the rate of the busier direction."""
        moved = max(self.sent_bytes - before.sent_bytes, self.received_bytes - before.received_bytes)
        return moved * 8e-6 / max(self.at_s - before.at_s, 1e-3)


class Limits:
    """Looks at the loop and the network cards, and marks the slots that run while one of them is at its end."""

    def __init__(self, slots: Slots, capacity_mbps: float = math.inf) -> None:
        self.lag_s = 0.0  # of the loop, the most in the last second or so
        self.capacity_mbps = capacity_mbps
        self._slots = slots
        self._card = read_card()

    async def watch(self) -> None:
        """Look for good."""
        due_s = time.monotonic() + _EVERY_S
        while True:
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            now_s = time.monotonic()
            self.note_lag(now_s - due_s)
            if now_s - self._card.at_s >= _CARD_EVERY_S:
                self.note_card(read_card())
            due_s = now_s + _EVERY_S

    def note_lag(self, lag_s: float) -> None:
        """Take note of how late the loop came to a turn."""
        self.lag_s = max(lag_s, self.lag_s * 0.9)
        if lag_s > LATE_S:
            self._mark(f"the event loop was {lag_s:.2f} s late")

    def note_card(self, card: Card) -> None:
        """Take note of what the cards have carried."""
        mbps = card.mbps_since(self._card)
        self._card = card
        if mbps > FULL * self.capacity_mbps:
            self._mark(f"the network card carried {mbps:.0f} of {self.capacity_mbps:.0f} Mbit/s")

    def _mark(self, why: str) -> None:
        running = [slot for slot in self._slots if not slot.is_server_limited]
        for slot in running:
            slot.is_server_limited = True
        if running:
            _log.warning("%s: %d tests say nothing of their lines", why, len(running))


def read_card() -> Card:
    """Read what the network cards have carried so far."""
    cards = [card for name, card in psutil.net_io_counters(pernic=True).items() if name != "lo"]
    return Card(time.monotonic(), sum(c.bytes_sent for c in cards), sum(c.bytes_recv for c in cards))
