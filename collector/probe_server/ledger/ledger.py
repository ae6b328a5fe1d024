"""The ledger of one probe server: grants slots, books times, and never says "try again".

All times are seconds of one clock that goes on through restarts; nothing here waits or does I/O.
Whatever changes the ledger may serve somebody who waits: ask `take_ready` afterwards.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from collector.probe_server.ledger.accounts import CAMPAIGN, Accounts, Caps
from collector.probe_server.ledger.bookings import book, book_again, unbook
from collector.probe_server.ledger.calendar import WIDTH_S
from collector.probe_server.ledger.costs import Costs
from collector.probe_server.ledger.leases import Leases
from collector.probe_server.ledger.queue import Place, Queues
from collector.probe_server.ledger.tally import Reruns, Totals
from collector.probe_server.ledger.terms import (
    Answer,
    Ask,
    Booked,
    Booking,
    Ended,
    Figures,
    Granted,
    Group,
    Slot,
    Stopped,
    Waiting,
)

HOLD_S = 25.0  # a request is held so long at most: proxies on the way give up after 30 s or more
LATE_S = 5.0  # and is taken for gone so long after that
AHEAD, MOST_AHEAD_S = 0.1, 45.0  # come sooner by this part of the wait: a small backlog keeps the capacity busy
GRACE_S = 60.0  # a booking is kept so long for who comes late
GUESS_S = 60.0  # nobody is sent away for longer while it is not known what a slot costs
MOST_REBOOKED = 3  # runs of a device in a day that come again before any newcomer
REBOOK_S = 10.0  # what limited the server may be over then
LEAST_RETURN_S, MOST_RETURN_S = 2.0, 60.0  # whose time has come, and whose request could not be held longer


class Ledger:
    """Slots, places and caps of one probe server."""

    def __init__(
        self, caps: Caps, costs: Costs | None = None, bookings: Iterable[Booking] = (), now_s: float = 0.0
    ) -> None:
        """Begin with what a store has kept: who held a slot when the last process ended has its booking again."""
        self.costs = costs or Costs()
        self._accounts = Accounts(caps)
        self._queues = Queues()
        self._leases = Leases(self._accounts, self._queues)
        self._places: dict[str, Place] = {}
        self._deadlines: list[tuple[float, int, Place]] = []  # a heap of (when to look at it, number, place)
        self._unasked: dict[tuple[tuple[str, ...], str], _Unasked] = {}
        self._ready: list[Slot] = []
        self._expired: list[Slot] = []
        self._changed: dict[str, Booking | None] = {}
        self._ended: list[Ended] = []
        self._is_stopped = False
        self._now_s = now_s
        self._stretch = int(now_s // WIDTH_S)
        self._totals = Totals()
        self._reruns = Reruns()
        kept = sorted(bookings, key=lambda booking: (booking.at_s, booking.number))
        self._numbers = count(1 + max((booking.number for booking in kept), default=0))
        for booking in kept:
            self._restore(booking)

    # --- what devices ask for

    def ask(self, ask: Ask, now_s: float) -> Answer:
        """Answer a device: its slot or its place, if it has one already.

        An on-demand ask takes the place that the device has in a campaign. Raises TooNarrowError.
        """
        now_s = self._go_on(now_s)
        if (slot := self._leases.of(ask.device)) is not None:
            return self._hand_over(slot)
        if self._is_stopped:
            return Stopped()
        place = self._places.get(ask.device)
        if place is not None and ask.is_on_demand and not place.ask.is_on_demand:
            self._give_up(place)
            place = None
        if place is None:
            self._accounts.check(ask)
            place = self._enter(ask, (now_s, next(self._numbers)))
        if place.until_s is None:
            if self._queues.has_room(place):
                return Granted(self._grant(place))
            is_better_known = place.is_guess and (self.costs.is_known or place.told_s <= now_s)
            if not place.is_due and (place.stretch is None or is_better_known):
                self._book(place)
            if place.told_s > now_s + HOLD_S:
                return Booked(place.told_s)
        return self._wait(place)

    def leave(self, device: str, now_s: float) -> Granted | Booked | None:
        """Tell a device whose request is not held any longer when to come again; it keeps its turn.

        Granted when its turn came in this very moment; None when the ledger does not know the device.
        """
        self._go_on(now_s)
        if (slot := self._leases.of(device)) is not None:
            return self._hand_over(slot)
        place = self._places.get(device)
        if place is None:
            return None
        if place.until_s is not None:
            self._step_aside(place)
        return Booked(place.told_s)

    def take_ready(self, now_s: float) -> list[Slot]:
        """Return the slots that were granted to waiting devices since the last call."""
        self._go_on(now_s)
        ready, self._ready = self._ready, []
        return ready

    # --- what becomes of a slot

    def renew(self, number: int, now_s: float) -> bool:
        """Extend a slot's lease; False when it is over, and not a byte more may be moved."""
        now_s = self._go_on(now_s)
        if (slot := self._leases.get(number)) is not None:
            self._leases.renew(slot, now_s)
        return slot is not None

    def lower(self, number: int, peak_bps: int, now_s: float) -> bool:
        """Give back what a slot no longer needs; a peak is never raised. False when the slot is over."""
        now_s = self._go_on(now_s)
        if (slot := self._leases.get(number)) is not None and peak_bps < slot.peak_bps:
            self._leases.lower(slot, peak_bps, now_s)
        return slot is not None

    def end(self, number: int, now_s: float, moved_bytes: int = 0, *, is_whole: bool = True) -> Ended | None:
        """Give back a slot, learn what it cost if it was a whole test, and tell it; None: it was over already."""
        self._go_on(now_s)
        slot = self._leases.get(number)
        return None if slot is None else self._close(slot, moved_bytes, is_whole=is_whole)

    def rebook(self, number: int, now_s: float) -> Booked | None:
        """End a slot whose run says nothing of the line, and book its device again.

        Soon, before any newcomer; from its fourth such run of a day on as if it had just come. None: the slot is over,
        or nothing is granted.
        """
        now_s = self._go_on(now_s)
        slot = self._leases.get(number)
        if slot is None or self._is_stopped:
            return None
        self._leases.close(slot, now_s)
        self._totals.rebooked += 1
        if self._reruns.add(slot.ask.device, now_s) > MOST_REBOOKED:
            place = self._enter(slot.ask, (now_s, next(self._numbers)), is_again=True)
            self._book(place)
            self._tell(place, max(place.told_s, now_s + MOST_RETURN_S))
        else:
            place = self._enter(slot.ask, slot.order, is_again=True)
            self._note_due(place)
            self._tell(place, now_s + REBOOK_S)
        return Booked(place.told_s)

    def expire(self, now_s: float) -> list[Slot]:
        """Return the slots that have expired since the last call; to be called at least once in a lease."""
        self._go_on(now_s)
        expired, self._expired = self._expired, []
        return expired

    # --- what the centre decides

    def announce(self, groups: Iterable[Group]) -> None:
        """Take note of the sites that a campaign will yet bring, in place of those announced before."""
        for (units, _), unasked in self._unasked.items():
            self._add_left(units, -unasked.sites * unasked.work_bits)
        self._unasked.clear()
        for group in groups:
            work_bits = self.costs.of(group.need_class, group.peak_bps).work_bits
            self._unasked[group.units, group.need_class] = _Unasked(group.sites, work_bits)
            self._add_left(group.units, group.sites * work_bits)

    def give_up(self, is_over: Callable[[Ask], bool]) -> None:
        """Forget the places of those that are not to be served any more; whoever of them waits is to be told."""
        for place in [*self._places.values()]:
            if is_over(place.ask):
                self._give_up(place)
        self._dispatch()

    def change_caps(self, caps: Caps, now_s: float) -> None:
        """Go by other caps from now on; whose test fits in none of them any more loses its place, and asks anew."""
        if caps == self._accounts.caps:
            return
        self._go_on(now_s)
        self._accounts.change(caps)
        for place in [*self._places.values()]:
            if not self._accounts.fits(place.ask):
                self._give_up(place)
        for account in self._accounts:
            self._queues.freed(account)
        self._dispatch()

    def stop(self, now_s: float) -> list[str]:
        """Grant nothing from now on; returns the devices that wait, to be told. Bookings are kept."""
        self._go_on(now_s)
        self._is_stopped = True
        waiting = [device for device, place in self._places.items() if place.until_s is not None]
        for device in waiting:
            self._step_aside(self._places[device])
        return waiting

    def resume(self) -> None:
        """Grant again."""
        self._is_stopped = False

    # --- what others want to know

    def figures(self) -> Figures:
        """Return the state for /metrics."""
        server, held, waiting, booked = self._accounts.server, [0, 0], [0, 0], [0, 0]
        for slot in self._leases:
            held[slot.ask.is_on_demand] += 1
        for place in self._places.values():
            (booked if place.until_s is None else waiting)[place.part] += 1
        return Figures(
            capacity_bps=server.cap_bps,
            reserved_bps=tuple(part.reserved_bps for part in server.parts),
            slots=tuple(held),
            waiting=tuple(waiting),
            booked=tuple(booked),
            granted_total=tuple(self._totals.granted),
            expired_slots_total=self._totals.expired_slots,
            expired_bookings_total=self._totals.expired_bookings,
            rebooked_total=self._totals.rebooked,
        )

    def take_changes(self) -> tuple[Mapping[str, Booking | None], list[Ended]]:
        """Return bookings made or (None) gone, by device, and slots ended, since the last call: for a store."""
        changed, self._changed = self._changed, {}
        ended, self._ended = self._ended, []
        return changed, ended

    # --- places

    def _enter(self, ask: Ask, order: tuple[float, int], *, is_again: bool = False) -> Place:
        """Make a place for a device, and take it off the sites that were announced unless it was before."""
        work_bits = self.costs.of(ask.need_class, ask.peak_bps).work_bits
        place = Place(ask, self._accounts.chain(ask.units), work_bits, order)
        unasked = None if ask.is_on_demand or is_again else self._unasked.get((ask.units, ask.need_class))
        if unasked is not None and unasked.sites:
            unasked.sites -= 1
            self._add_left(ask.units, -unasked.work_bits)
            place.is_expected = True
        for account in place.chain:
            account.parts[place.part].left_bits += work_bits
        self._places[ask.device] = place
        return place

    def _restore(self, booking: Booking) -> None:
        place = self._enter(booking.ask, (booking.at_s, booking.number))
        book_again(place, max(self._stretch, int(booking.at_s // WIDTH_S)))
        self._tell(place, max(booking.at_s, self._now_s))

    def _book(self, place: Place) -> None:
        """Find the first time at which all the place's caps have room for its work: the device is to come then."""
        if place.stretch is not None:
            unbook(place)
        wait_s = max(0.0, book(place, self._stretch) - self._now_s)
        at_s = self._now_s + wait_s - min(AHEAD * wait_s, MOST_AHEAD_S)
        place.order = (at_s, place.order[1])
        place.is_guess = not self.costs.is_known
        self._tell(place, min(at_s, self._now_s + GUESS_S) if place.is_guess else at_s)

    def _tell(self, place: Place, at_s: float) -> None:
        place.told_s = at_s
        self._look_at(place, at_s + GRACE_S)
        self._changed[place.ask.device] = Booking(place.ask, *place.order)

    def _wait(self, place: Place) -> Answer:
        """Let a place stand in its queue for as long as a request is held; it may be its turn at once."""
        if not place.is_due:
            self._note_due(place)
        is_new = place.until_s is None
        place.until_s = self._now_s + HOLD_S
        self._look_at(place, place.until_s + LATE_S)
        if is_new:
            self._queues.join(place)
            self._dispatch()
        slot = self._leases.of(place.ask.device)
        return Waiting(place.until_s) if slot is None else self._hand_over(slot)

    def _step_aside(self, place: Place) -> None:
        """Send a waiting device away for a while: half the time that the work takes whose time has come."""
        place.until_s = None
        self._queues.leave(place)
        due_s = max(account.parts[place.part].due_s for account in place.chain)
        self._tell(place, self._now_s + min(MOST_RETURN_S, max(LEAST_RETURN_S, due_s / 2)))

    def _note_due(self, place: Place) -> None:
        place.is_due = True
        for account in place.chain:
            account.parts[place.part].due_bits += place.work_bits

    def _take_out(self, place: Place) -> None:
        """Remove a place, be it granted or given up."""
        del self._places[place.ask.device]
        for account in place.chain:
            part = account.parts[place.part]
            part.left_bits -= place.work_bits
            part.due_bits -= place.work_bits if place.is_due else 0
        if place.stretch is not None and place.stretch > self._stretch:
            unbook(place)
        if place.until_s is not None:
            place.until_s = None
            self._queues.leave(place)

    def _give_up(self, place: Place) -> None:
        self._take_out(place)
        self._changed[place.ask.device] = None
        if place.is_expected and (unasked := self._unasked.get((place.ask.units, place.ask.need_class))) is not None:
            unasked.sites += 1
            self._add_left(place.ask.units, unasked.work_bits)

    def _add_left(self, units: tuple[str, ...], work_bits: float) -> None:
        for account in self._accounts.chain(units):
            account.parts[CAMPAIGN].left_bits += work_bits

    def _look_at(self, place: Place, at_s: float) -> None:
        heapq.heappush(self._deadlines, (at_s, next(self._numbers), place))

    # --- slots

    def _grant(self, place: Place) -> Slot:
        self._take_out(place)
        self._changed[place.ask.device] = Booking(place.ask, *place.order)  # until it ends, for a restart
        self._totals.granted[place.part] += 1
        return self._leases.grant(place.ask, place.order, self._now_s)

    def _hand_over(self, slot: Slot) -> Granted:
        """Give a slot to the device that has just asked, in place of telling it later."""
        if slot in self._ready:
            self._ready.remove(slot)
        return Granted(slot)

    def _close(self, slot: Slot, moved_bytes: int = 0, *, is_whole: bool) -> Ended:
        ended = self._leases.close(slot, self._now_s, moved_bytes)
        self._changed[slot.ask.device] = None
        if is_whole:  # one that fell silent or was broken off tells nothing of what a test costs
            self.costs.add(ended.need_class, ended.cost)
            self._ended.append(ended)
        return ended

    # --- time

    def _go_on(self, now_s: float) -> float:
        """Let happen what time alone brings; returns now, which never goes back."""
        self._now_s = max(self._now_s, now_s)
        for slot in self._leases.overdue(self._now_s):
            self._close(slot, is_whole=False)
            self._totals.expired_slots += 1
            self._expired.append(slot)
        while self._deadlines and self._deadlines[0][0] <= self._now_s:
            self._meet_deadline(heapq.heappop(self._deadlines)[2])
        if (stretch := int(self._now_s // WIDTH_S)) > self._stretch:
            self._stretch = stretch
            for account in self._accounts:
                for part in account.parts:
                    part.calendar.forget_before(stretch)
        self._dispatch()
        return self._now_s

    def _meet_deadline(self, place: Place) -> None:
        if self._places.get(place.ask.device) is not place:
            return
        if place.until_s is None and place.told_s + GRACE_S <= self._now_s:
            self._give_up(place)
            self._totals.expired_bookings += 1
        elif place.until_s is not None and place.until_s + LATE_S <= self._now_s:
            self._step_aside(place)

    def _dispatch(self) -> None:
        if not self._is_stopped:
            self._queues.dispatch(lambda place: self._ready.append(self._grant(place)))


class _Unasked:
    """Announced sites of a group that have not asked yet."""

    __slots__ = ("sites", "work_bits")

    def __init__(self, sites: int, work_bits: float) -> None:
        self.sites = sites
        self.work_bits = work_bits
