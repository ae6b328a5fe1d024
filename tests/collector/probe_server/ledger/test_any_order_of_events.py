"""Whatever happens in whatever order: caps hold, nobody is lost, and in the end everybody is served."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.leases import LEASE_S
from collector.probe_server.ledger.ledger import GRACE_S, MOST_RETURN_S, Ledger
from collector.probe_server.ledger.store import Store
from collector.probe_server.ledger.terms import Ask, Booked, Granted, Group, Stopped, Waiting

MBIT = 1_000_000
CAPS = Caps(300 * MBIT, (200 * MBIT, 150 * MBIT), 60 * MBIT, {"02": 130 * MBIT})
UNITS = [("01", "001"), ("01", "002"), ("02", "021"), ("02", "022")]
PEAKS = {"tv": 60 * MBIT, "pc": 48 * MBIT, "small": 15 * MBIT}
DEVICES = [f"device-{number:02d}" for number in range(24)]
ANY_SLOT = st.integers(0, 30)


def ask_of(device: str, is_on_demand: bool = False) -> Ask:
    number = DEVICES.index(device)
    need_class = list(PEAKS)[number % 3]
    return Ask(device, UNITS[number % 4], need_class, PEAKS[need_class], is_on_demand)


class AnyOrder(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.store = Store(self.folder / "ledger.db")
        self.now_s = 1000.0
        self.ledger = Ledger(CAPS, now_s=self.now_s)
        self.slots = {}
        self.told_s = {}  # devices that have a place: until when it is kept for them
        self.is_stopped = False

    def see(self, slot):
        """A device has been handed this slot."""
        device = slot.ask.device
        assert not self.is_stopped or slot.number in self.slots
        assert all(other.ask.device != device or number == slot.number for number, other in self.slots.items())
        self.slots[slot.number] = slot
        self.told_s.pop(device, None)

    def answered(self, device, answer):
        if isinstance(answer, Granted):
            assert answer.slot.ask.device == device
            self.see(answer.slot)
        elif isinstance(answer, Waiting):
            assert self.now_s < answer.until_s <= self.now_s + 25
            self.told_s[device] = answer.until_s + 70
        elif isinstance(answer, Booked):
            assert answer.at_s >= self.now_s - GRACE_S
            self.told_s[device] = answer.at_s + GRACE_S
        else:
            assert isinstance(answer, Stopped)
            assert self.is_stopped

    def look(self):
        for slot in self.ledger.expire(self.now_s):
            assert self.now_s >= slot.expires_s
            del self.slots[slot.number]
        for slot in self.ledger.take_ready(self.now_s):
            self.see(slot)

    @rule(device=st.sampled_from(DEVICES), is_on_demand=st.booleans())
    def asks(self, device, is_on_demand):
        held = {slot.ask.device: slot for slot in self.slots.values()}
        answer = self.ledger.ask(ask_of(device, is_on_demand), self.now_s)
        if device in held:
            assert answer == Granted(held[device])
        self.answered(device, answer)
        self.look()

    @rule(device=st.sampled_from(DEVICES))
    def asks_twice(self, device):
        first = self.ledger.ask(ask_of(device), self.now_s)
        assert self.ledger.ask(ask_of(device), self.now_s) == first
        self.answered(device, first)
        self.look()

    @rule(device=st.sampled_from(DEVICES))
    def leaves(self, device):
        answer = self.ledger.leave(device, self.now_s)
        if answer is not None:
            self.answered(device, answer)
        self.look()

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0, LEASE_S, 30.0, 120.0]))
    def time_goes_on(self, seconds):
        self.now_s += seconds
        self.look()

    @rule(at=ANY_SLOT)
    def renews(self, at):
        if slot := self._slot(at):
            assert self.ledger.renew(slot.number, self.now_s)
            assert slot.expires_s <= self.now_s + LEASE_S

    @rule(at=ANY_SLOT, peak_bps=st.sampled_from([0, 9 * MBIT, 20 * MBIT, 90 * MBIT]))
    def lowers(self, at, peak_bps):
        if slot := self._slot(at):
            former_bps = slot.peak_bps
            assert self.ledger.lower(slot.number, peak_bps, self.now_s)
            assert slot.peak_bps == min(former_bps, peak_bps)
            self.look()

    @rule(at=ANY_SLOT)
    def ends(self, at):
        if slot := self._slot(at):
            assert self.ledger.end(slot.number, self.now_s, 1_000)
            del self.slots[slot.number]
            assert not self.ledger.renew(slot.number, self.now_s)
            self.look()

    @rule(at=ANY_SLOT)
    def was_limited_by_the_server(self, at):
        if slot := self._slot(at):
            again = self.ledger.rebook(slot.number, self.now_s)
            assert (again is None) == self.is_stopped
            if again is not None:
                del self.slots[slot.number]
                self.answered(slot.ask.device, again)
            self.look()

    @rule(server=st.sampled_from([300, 600]), district=st.sampled_from([150, 200]))
    def a_newer_document_changes_the_caps(self, server, district):
        if sum(self.ledger.figures().reserved_bps) > 300 * MBIT:
            return  # what runs is not broken off: the caps hold again when it has ended
        self.ledger.change_caps(CAPS._replace(server_bps=server * MBIT), self.now_s)
        self.look()

    @rule(sites=st.integers(0, 9))
    def a_campaign_is_announced(self, sites):
        self.ledger.announce([Group(units, "tv", PEAKS["tv"], sites) for units in UNITS])

    @rule()
    def the_centre_stops_the_load(self):
        for device in self.ledger.stop(self.now_s):
            self.told_s[device] = self.ledger._places[device].told_s + GRACE_S
            assert self.now_s < self.told_s[device] - GRACE_S <= self.now_s + MOST_RETURN_S
        self.is_stopped = True

    @rule()
    def the_centre_lets_it_go_on(self):
        self.ledger.resume()
        self.is_stopped = False
        self.look()

    @rule()
    def the_server_is_started_again(self):
        self.store.save(*self.ledger.take_changes())
        costs, bookings = self.store.load()
        held = {slot.ask.device for slot in self.slots.values()}
        assert {booking.ask.device for booking in bookings} <= self.told_s.keys() | held
        self.ledger = Ledger(CAPS, costs, bookings, self.now_s)
        kept = {booking.ask.device: max(booking.at_s, self.now_s) + GRACE_S for booking in bookings}
        expected = {device for device, until_s in self.told_s.items() if until_s > self.now_s}
        assert expected <= kept.keys(), "a device with a place lost it"
        self.slots, self.told_s, self.is_stopped = {}, kept, False

    @invariant()
    def caps_hold(self):
        for level, names in enumerate((("server",), ("01", "02"), ("001", "002", "021", "022"))):
            for name in names:
                cap_bps = CAPS.server_bps if not level else CAPS.unit_bps.get(name, CAPS.level_bps[level - 1])
                under = [slot for slot in self.slots.values() if not level or slot.ask.units[level - 1] == name]
                campaign_bps = sum(slot.peak_bps for slot in under if not slot.ask.is_on_demand)
                assert sum(slot.peak_bps for slot in under) <= cap_bps
                assert campaign_bps <= cap_bps - 60 * MBIT

    @invariant()
    def the_books_are_right(self):
        figures = self.ledger.figures()
        assert sum(figures.reserved_bps) == sum(slot.peak_bps for slot in self.slots.values())
        assert sum(figures.slots) == len(self.slots)
        places = sum(figures.waiting) + sum(figures.booked)
        assert places <= len(self.told_s)
        assert places >= sum(until_s > self.now_s for until_s in self.told_s.values())

    def teardown(self):
        if not hasattr(self, "ledger"):
            return
        try:
            self._everybody_is_served_in_the_end()
            assert sum(self.ledger.figures().reserved_bps) == 0
            for account in self.ledger._accounts:
                for part in account.parts:
                    assert not part.parked_queues
                    assert abs(part.due_bits) < 1
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def _everybody_is_served_in_the_end(self):
        """All devices come when they are told, hold a slot for five seconds, and never come again."""
        self.ledger.resume()
        self.is_stopped = False
        self.ledger.announce([])
        comes_s = dict.fromkeys(DEVICES, self.now_s)
        ends_s = {}
        deadline_s = self.now_s + 1200
        while comes_s or ends_s or self.slots:
            assert self.now_s < deadline_s, f"not served: {comes_s}"
            self.now_s += 1
            self.look()
            for device in [device for device, at_s in comes_s.items() if at_s <= self.now_s]:
                answer = self.ledger.ask(ask_of(device), self.now_s)
                self.answered(device, answer)
                comes_s[device] = answer.at_s if isinstance(answer, Booked) else self.now_s + 20
            for number, slot in list(self.slots.items()):
                comes_s.pop(slot.ask.device, None)
                if ends_s.setdefault(number, self.now_s + 5) <= self.now_s:
                    del self.slots[number], ends_s[number]
                    assert self.ledger.end(number, self.now_s)
            ends_s = {number: at_s for number, at_s in ends_s.items() if number in self.slots}

    def _slot(self, at):
        """Return one of the slots that are held, if there is any."""
        self.look()
        held = sorted(self.slots)
        return self.slots[held[at % len(held)]] if held else None


AnyOrder.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnyOrderOfEvents = AnyOrder.TestCase
