"""Those whose time has come, in the order in which they are served.

Sites of the same units stand in one queue; a queue that cannot go on is parked under the narrowest cap that holds it
up, where it keeps its turn: nobody overtakes it there. Sites of a unit that has nearly as much left to do, for its cap,
as a wider one, go first under the wider one: else that unit would still be at work when all others are done.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from collector.probe_server.ledger.accounts import CAMPAIGN, NEARLY, ON_DEMAND, Account
from collector.probe_server.ledger.terms import Ask

_Key = tuple[int, tuple[float, int]]  # a unit with much left goes first, then by order


class Place:
    """A device's place: booked, or waiting when its time has come and it is there."""

    __slots__ = (
        "ask",
        "chain",
        "entry",
        "is_due",
        "is_expected",
        "is_guess",
        "order",
        "stretch",
        "told_s",
        "until_s",
        "work_bits",
    )

    def __init__(self, ask: Ask, chain: tuple[Account, ...], work_bits: float, order: tuple[float, int]) -> None:
        self.ask = ask
        self.chain = chain
        self.work_bits = work_bits  # that it is expected to reserve
        self.order = order  # booked time, and a number among bookings of one time
        self.told_s = order[0]  # when the device was told to come
        self.until_s: float | None = None  # waiting: until when its request is held
        self.stretch: int | None = None  # of the calendars, from which on its work is booked
        self.entry = 0  # which of its entries in the queue counts
        self.is_due = False  # its time has come once
        self.is_expected = False  # one of the sites that the campaign was announced with
        self.is_guess = False  # booked while nobody knew what a slot costs

    @property
    def part(self) -> int:
        """Which part of its accounts it draws on."""
        return int(self.ask.is_on_demand)


class _Queue:
    """The waiting places of the same units and part."""

    __slots__ = ("chain", "entries", "parked_at", "part", "stamp")

    def __init__(self, chain: tuple[Account, ...], part: int) -> None:
        self.chain = chain
        self.part = part
        self.entries: list[tuple[tuple[float, int], int, Place]] = []
        self.parked_at: Account | None = None
        self.stamp = 0  # of the parking that counts

    def head(self) -> Place | None:
        """Return who is next, without those who have left."""
        while self.entries:
            _, entry, place = self.entries[0]
            if place.until_s is not None and place.entry == entry:
                return place
            heapq.heappop(self.entries)
        return None


class Queues:
    """All who wait at a server."""

    def __init__(self) -> None:
        self._queues: dict[tuple[int, tuple[str, ...]], _Queue] = {}
        self._fresh: dict[_Queue, None] = {}  # to be looked at: not parked
        self._freed: dict[tuple[Account, int], None] = {}  # accounts where a parked queue may go on now
        self._numbers = count(1)

    def join(self, place: Place) -> None:
        """Let a place stand in its queue."""
        key = (place.part, place.ask.units)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(place.chain, place.part)
        place.entry = next(self._numbers)
        heapq.heappush(queue.entries, (place.order, place.entry, place))
        if queue.head() is place:
            self._reconsider(queue)

    def leave(self, place: Place) -> None:
        """Take out a place that no longer waits (its `until_s` is None already)."""
        queue = self._queues[place.part, place.ask.units]
        if queue.entries and queue.entries[0][2] is place:
            self._reconsider(queue)

    def freed(self, account: Account) -> None:
        """Note that something was given back under a cap."""
        self._freed[account, ON_DEMAND] = None
        self._freed[account, CAMPAIGN] = None

    def has_room(self, place: Place) -> bool:
        """Tell whether somebody may be served at once, because it fits and keeps nobody waiting."""
        part, peak_bps = place.part, place.ask.peak_bps
        return all(not a.parts[part].parked_queues and a.room_bps(part) >= peak_bps for a in place.chain)

    def dispatch(self, grant: Callable[[Place], None]) -> None:
        """Grant whatever fits, in order; `grant` reserves the place's peak under its accounts."""
        if not self._fresh and not self._freed:
            return
        fresh, self._fresh = self._fresh, {}
        heads = [(head.order, queue) for queue in fresh if (head := queue.head()) is not None]
        for _, queue in sorted(heads, key=lambda entry: entry[0]):
            self._unpark(queue)
            self._serve(queue, grant)
        while self._freed:
            account, part = next(iter(self._freed))
            del self._freed[account, part]
            self._wake(account, part, grant)

    def _wake(self, account: Account, part: int, grant: Callable[[Place], None]) -> None:
        while (best := _best(account, part)) is not None:
            queue = best[3]
            head = queue.head()
            if head is not None and account.room_bps(part) < head.ask.peak_bps:
                return
            self._unpark(queue)
            self._serve(queue, grant)

    def _serve(self, queue: _Queue, grant: Callable[[Place], None]) -> None:
        """Grant the heads of a queue, until one is held up: it is parked there."""
        while (head := queue.head()) is not None:
            for account in queue.chain:
                key = _key(account, queue, head)
                best = _best(account, queue.part)
                if account.room_bps(queue.part) < head.ask.peak_bps or (best is not None and best[:2] < key):
                    self._park(queue, account, key)
                    return
            heapq.heappop(queue.entries)
            grant(head)

    def _park(self, queue: _Queue, account: Account, key: _Key) -> None:
        queue.parked_at = account
        queue.stamp = next(self._numbers)
        part = account.parts[queue.part]
        part.parked_queues += 1
        heapq.heappush(part.parked, (*key, queue.stamp, queue))

    def _unpark(self, queue: _Queue) -> None:
        account = queue.parked_at
        if account is not None:
            queue.parked_at = None
            part = account.parts[queue.part]
            part.parked_queues -= 1
            self._freed[account, queue.part] = None
            if queue.part == CAMPAIGN and not part.parked_queues:
                self._freed[account, ON_DEMAND] = None

    def _reconsider(self, queue: _Queue) -> None:
        self._unpark(queue)
        self._fresh[queue] = None


def _best(account: Account, part: int) -> tuple[int, tuple[float, int], int, _Queue] | None:
    """Return the entry of the parked queue whose turn is next under an account."""
    parked = account.parts[part].parked
    while parked:
        entry: tuple[int, tuple[float, int], int, _Queue] = parked[0]
        _, _, stamp, queue = entry
        if queue.parked_at is account and queue.stamp == stamp:
            return entry
        heapq.heappop(parked)
    return None


def _key(account: Account, queue: _Queue, head: Place) -> _Key:
    nearly_s = NEARLY * account.parts[queue.part].left_s
    has_much_left = False
    for narrower in queue.chain:
        if narrower is account:
            break
        has_much_left = has_much_left or narrower.parts[queue.part].left_s > nearly_s
    return (not has_much_left, head.order)
