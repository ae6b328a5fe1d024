"""A campaign in virtual time: sites that ask, wait, test, crash and come late, and an auditor who trusts no ledger."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, NamedTuple

from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.ledger.terms import Ask, Booked, Granted, Slot, Waiting
from contract import transfer

RENEWS_S = 2.0  # the transfer's own activity
GIVES_UP_S = 86_400.0  # who is not served by then is unserved
RESTARTS_S = 30.0  # a service manager starts a crashed agent again
SERVER = "server"


class Test(NamedTuple):
    """How long one line test drains and holds, and what it moves."""

    drain_s: float
    hold_s: float
    moved_bytes: int


class Site(NamedTuple):
    """One who asks: when first, and how its test goes."""

    ask: Ask
    asks_s: float
    test: Test
    crashes_after_s: float | None = None  # of its first run; it asks again after RESTARTS_S
    late_s: float = 0.0  # to its first booked time


class Outcome(NamedTuple):
    """What the auditor saw."""

    makespan_s: float  # from the first ask to the end of the last campaign slot
    punctual_s: float  # the same, but for sites that crashed or came late
    bound_s: dict[str, float]  # granted peak times duration over the cap, by server and unit
    highest_bps: dict[str, int]
    moved_bytes: int
    waited_s: list[float]  # of each campaign site: from its booked time until its slot
    on_demand_waited_s: list[float]  # from the ask until the slot
    freed_after_s: list[float]  # a crashed holder's slot, since the crash
    asked: int  # requests, over all sites
    unserved: list[str]
    odd_answers: int  # neither slot nor place nor time


class Auditor:
    """Books what sites were granted, by itself, and stops when a cap is exceeded."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._reserved_bps: dict[str, list[int]] = {}
        self._slots: dict[int, tuple[Slot, int, float]] = {}
        self.highest_bps: dict[str, int] = {}
        self.work_bits: dict[str, float] = {}

    def changed(self, slot: Slot, peak_bps: int, now_s: float) -> None:
        """Note that from now on a slot's peak is this; 0: it is over."""
        _, former_bps, since_s = self._slots.pop(slot.number, (slot, 0, now_s))
        for level, unit in enumerate((SERVER, *slot.ask.units)):
            self.work_bits[unit] = self.work_bits.get(unit, 0.0) + former_bps * (now_s - since_s)
            reserved_bps = self._reserved_bps.setdefault(unit, [0, 0])
            reserved_bps[slot.ask.is_on_demand] += peak_bps - former_bps
            cap_bps = self.cap_bps(unit, level)
            kept_bps = max(0.05 * cap_bps, self._caps.largest_peak_bps)
            assert sum(reserved_bps) <= cap_bps, (unit, reserved_bps, cap_bps)
            assert reserved_bps[0] <= cap_bps - kept_bps, (unit, reserved_bps, cap_bps)
            self.highest_bps[unit] = max(self.highest_bps.get(unit, 0), sum(reserved_bps))
        if peak_bps:
            self._slots[slot.number] = (slot, peak_bps, now_s)

    def cap_bps(self, unit: str, level: int) -> int:
        """Return the cap of the server (level 0), a province (1) or a district (2)."""
        return self._caps.unit_bps.get(unit, self._caps.level_bps[level - 1]) if level else self._caps.server_bps


class VirtualCampaign:
    """Runs sites against a ledger, one event after the other."""

    def __init__(self, ledger: Ledger, caps: Caps, sites: Iterable[Site]) -> None:
        self._ledger = ledger
        self._auditor = Auditor(caps)
        self._sites = {site.ask.device: site for site in sites}
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = count()
        self._held: dict[str, float] = {}  # device: until when its request is held
        self._due_s: dict[str, float] = {}  # when it was last told to come, or first asked
        self._late = {device: site.late_s for device, site in self._sites.items() if site.late_s}
        self._crashing = {d: s.crashes_after_s for d, s in self._sites.items() if s.crashes_after_s is not None}
        self._crashed_s: dict[int, float] = {}
        self._unserved = set(self._sites)
        self._waited_s: dict[str, float] = {}
        self._freed_after_s: list[float] = []
        self._moved_bytes = self._asked = self._odd_answers = 0
        self._ended_s = self._punctual_s = 0.0

    def run(self) -> Outcome:
        """Let everybody come, and return what was seen."""
        for device, site in self._sites.items():
            self._at(site.asks_s, self._ask, device)
        begins_s = min(site.asks_s for site in self._sites.values())
        self._at(begins_s, self._pulse)
        while (self._unserved or self._crashed_s) and self._events[0][0] < begins_s + GIVES_UP_S:
            now_s, _, act, about = heapq.heappop(self._events)
            act(now_s, *about)
            for slot in self._ledger.take_ready(now_s):
                if self._held.pop(slot.ask.device, None) is not None:
                    self._begin(now_s, slot)
        return self._outcome(begins_s)

    def _at(self, at_s: float, act: Callable[..., None], *about: Any) -> None:
        heapq.heappush(self._events, (at_s, next(self._numbers), act, about))

    def _pulse(self, now_s: float) -> None:
        self._see_expired(now_s)
        self._at(now_s + 1.0, self._pulse)

    def _see_expired(self, now_s: float) -> None:
        for slot in self._ledger.expire(now_s):
            if slot.number in self._crashed_s:
                self._freed_after_s.append(now_s - self._crashed_s.pop(slot.number))
            self._auditor.changed(slot, 0, now_s)

    def _ask(self, now_s: float, device: str) -> None:
        self._asked += 1
        self._due_s.setdefault(device, now_s)
        answer = self._ledger.ask(self._sites[device].ask, now_s)
        if isinstance(answer, Granted):
            self._begin(now_s, answer.slot)
        elif isinstance(answer, Waiting):
            self._held[device] = answer.until_s
            self._at(answer.until_s, self._let_go, device)
        elif isinstance(answer, Booked):
            self._come(device, answer.at_s)
            self._due_s[device] = max(now_s, answer.at_s)
        else:
            self._odd_answers += 1

    def _come(self, device: str, at_s: float) -> None:
        self._at(at_s + self._late.pop(device, 0.0), self._ask, device)

    def _let_go(self, now_s: float, device: str) -> None:
        if self._held.get(device) == now_s:
            del self._held[device]
            answer = self._ledger.leave(device, now_s)
            if isinstance(answer, Granted):
                self._begin(now_s, answer.slot)
            elif isinstance(answer, Booked):
                self._come(device, answer.at_s)
            else:
                self._odd_answers += 1

    def _begin(self, now_s: float, slot: Slot) -> None:
        device = slot.ask.device
        test = self._sites[device].test
        self._see_expired(now_s)  # what it had is granted to others in the same moment
        self._auditor.changed(slot, slot.peak_bps, now_s)
        self._waited_s.setdefault(device, now_s - self._due_s[device])
        gone_s = self._crashing.pop(device, None)
        ends_s = now_s + test.drain_s + test.hold_s
        if gone_s is not None and now_s + gone_s < ends_s:
            ends_s = now_s + gone_s
            self._crashed_s[slot.number] = ends_s
            self._at(ends_s + RESTARTS_S, self._ask, device)
        else:
            self._at(ends_s, self._end, slot, test)
        if now_s + test.drain_s < ends_s and test.hold_s > 0:
            self._at(now_s + test.drain_s, self._lower, slot)
        at_s = now_s + RENEWS_S
        while at_s < ends_s:
            self._at(at_s, self._renew, slot)
            at_s += RENEWS_S

    def _renew(self, now_s: float, slot: Slot) -> None:
        assert self._ledger.renew(slot.number, now_s), "a slot was lost while its transfer went on"

    def _lower(self, now_s: float, slot: Slot) -> None:
        peak_bps = int(slot.ask.peak_bps * transfer.HOLD / transfer.PEAK)
        assert self._ledger.lower(slot.number, peak_bps, now_s)
        self._auditor.changed(slot, peak_bps, now_s)

    def _end(self, now_s: float, slot: Slot, test: Test) -> None:
        assert self._ledger.end(slot.number, now_s, test.moved_bytes)
        self._auditor.changed(slot, 0, now_s)
        self._unserved.discard(slot.ask.device)
        if not slot.ask.is_on_demand:
            self._moved_bytes += test.moved_bytes
            self._ended_s = now_s
            site = self._sites[slot.ask.device]
            if site.crashes_after_s is None and not site.late_s:
                self._punctual_s = now_s

    def _outcome(self, begins_s: float) -> Outcome:
        auditor, levels = self._auditor, {SERVER: 0}
        for site in self._sites.values():
            levels.update({unit: level for level, unit in enumerate(site.ask.units, start=1)})
        waited = {True: [], False: []}  # type: dict[bool, list[float]]
        for device, waited_s in self._waited_s.items():
            waited[self._sites[device].ask.is_on_demand].append(waited_s)
        return Outcome(
            makespan_s=self._ended_s - begins_s,
            punctual_s=self._punctual_s - begins_s,
            bound_s={unit: work / auditor.cap_bps(unit, levels[unit]) for unit, work in auditor.work_bits.items()},
            highest_bps=auditor.highest_bps,
            moved_bytes=self._moved_bytes,
            waited_s=waited[False],
            on_demand_waited_s=waited[True],
            freed_after_s=self._freed_after_s,
            asked=self._asked,
            unserved=sorted(self._unserved),
            odd_answers=self._odd_answers,
        )


def country(units: Iterable[tuple[tuple[str, ...], float]], sites: int, rng: random.Random) -> list[tuple[str, ...]]:
    """Return the units of so many sites, in proportion to the weights of (province, district), shuffled."""
    weighted = list(units)
    total = sum(weight for _, weight in weighted)
    drawn: list[tuple[str, ...]] = []
    due = 0.0
    for unit, weight in weighted:
        due += sites * weight / total
        drawn += [unit] * (round(due) - len(drawn))
    rng.shuffle(drawn)
    return drawn
