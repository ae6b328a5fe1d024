"""The slots that are held: what each reserves, until when, and what it has cost."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count

from collector.probe_server.ledger.accounts import Accounts
from collector.probe_server.ledger.queue import Queues
from collector.probe_server.ledger.terms import Ask, Cost, Ended, Slot

LEASE_S = 10.0
MOST_SLOT_S = 120.0  # however often it is renewed


class Leases:
    """Slots by number and by device, each reserved under all its caps for as long as it is held."""

    def __init__(self, accounts: Accounts, queues: Queues) -> None:
        self._accounts = accounts
        self._queues = queues
        self._slots: dict[int, Slot] = {}
        self._slot_of: dict[str, Slot] = {}
        self._expiries: list[tuple[float, int]] = []  # a heap; renewals are looked up when an entry's time has come
        self._numbers = count(1)

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots.values())

    def get(self, number: int) -> Slot | None:
        """Return a slot that is held."""
        return self._slots.get(number)

    def of(self, device: str) -> Slot | None:
        """Return the slot that a device holds."""
        return self._slot_of.get(device)

    def grant(self, ask: Ask, order: tuple[float, int], now_s: float) -> Slot:
        """Reserve the peak asked for; whoever calls has seen that there is room."""
        slot = Slot(
            number=next(self._numbers),
            ask=ask,
            order=order,
            granted_s=now_s,
            ends_by_s=now_s + MOST_SLOT_S,
            expires_s=now_s + LEASE_S,
            peak_bps=ask.peak_bps,
            lowered_s=now_s,
        )
        for account in self._accounts.chain(ask.units):
            account.parts[ask.is_on_demand].reserved_bps += slot.peak_bps
        self._slots[slot.number] = self._slot_of[ask.device] = slot
        heapq.heappush(self._expiries, (slot.expires_s, slot.number))
        return slot

    def renew(self, slot: Slot, now_s: float) -> None:
        """Extend a lease."""
        slot.expires_s = min(now_s + LEASE_S, slot.ends_by_s)

    def lower(self, slot: Slot, peak_bps: int, now_s: float) -> None:
        """Give back what is above this peak."""
        slot.work_bits += slot.peak_bps * (now_s - slot.lowered_s)
        slot.lowered_s = now_s
        for account in self._accounts.chain(slot.ask.units):
            account.parts[slot.ask.is_on_demand].reserved_bps -= slot.peak_bps - peak_bps
            self._queues.freed(account)
        slot.peak_bps = peak_bps

    def close(self, slot: Slot, now_s: float, moved_bytes: int = 0) -> Ended:
        """Give back all, and tell what it has cost."""
        self.lower(slot, 0, now_s)
        del self._slots[slot.number], self._slot_of[slot.ask.device]
        cost = Cost(now_s - slot.granted_s, slot.work_bits, float(moved_bytes))
        return Ended(now_s, slot.ask.need_class, slot.ask.is_on_demand, cost)

    def overdue(self, now_s: float) -> Iterator[Slot]:
        """Yield the slots whose lease is over; whoever calls closes each before the next."""
        while self._expiries and self._expiries[0][0] <= now_s:
            slot = self._slots.get(heapq.heappop(self._expiries)[1])
            if slot is not None and slot.expires_s > now_s:
                heapq.heappush(self._expiries, (slot.expires_s, slot.number))
            elif slot is not None:
                yield slot
