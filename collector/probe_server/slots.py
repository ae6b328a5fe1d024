"""The slots that run: each is leave for one test by one device, found by its secret token, each step of it once.

Who may have one is for the ledger to say; here its slots get tokens, and requests are held for those whose turn comes
soon. `now_s` is of the monotonic clock.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from collector.probe_server.document import Document
from collector.probe_server.dry_run import is_broken_off, still_to_come
from collector.probe_server.journal import Ending, Journal, News
from collector.probe_server.ledger import terms
from collector.probe_server.ledger.accounts import Caps
from collector.probe_server.ledger.ledger import Ledger
from collector.probe_server.pacing import Turns
from contract.probing import Booked, Granted, Purpose, Refused, Stream

_LOOK_S = 0.5  # how often a request that is held is looked at: whether its device is still there
_SIGNED_S = 1.0
_BUSY_S = 10.0  # whose slot is in use may come again then: it has ended, or expired
_TOO_NARROW_S = 600.0
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Slot:
    """One test by one device."""

    number: int  # in the ledger
    turn: str  # its id in the journal
    purpose: Purpose
    device: str
    granted: Granted
    test: str = "line"
    steps: set[str] = field(default_factory=set)  # those that have begun
    transports: set[asyncio.Transport] = field(default_factory=set)  # over which bytes are moved for it
    sent_bytes: int = 0
    received_bytes: int = 0
    is_uploading: bool = False
    is_server_limited: bool = False
    turns: dict[str, Turns] = field(default_factory=dict)  # of speedtest, by direction
    mini_transfers: int = 0  # of speedtest, at this moment
    mini_ends_s: float = 0.0  # when the last of them ends; 0: none has begun
    is_over: bool = False  # not a byte more
    signed_s: float = 0.0  # when its lease was last renewed

    @property
    def is_begun(self) -> bool:
        """Whether a byte may have been moved."""
        return bool(self.steps or self.mini_ends_s)


@dataclass
class Totals:
    """What has happened since the start; bytes and runs of slots that have ended."""

    answers: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # by (answer, purpose, reason)
    sent_bytes: int = 0
    received_bytes: int = 0
    server_limited: int = 0


class Slots:
    """All slots that run, by token."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.journal = Journal()
        self.totals = Totals()
        self.is_stopped = False
        self._ahead_s = time.time() - time.monotonic()  # of the ledger's clock, which goes on through restarts
        self._slots: dict[str, Slot] = {}
        self._by_number: dict[int, Slot] = {}
        self._waiting: dict[str, asyncio.Future[terms.Slot]] = {}
        self._turns: dict[str, str] = {}  # of devices that are booked
        self._announced: str | None = None  # the dry run whose sites the ledger expects

    def __iter__(self) -> Iterator[Slot]:
        return iter([*self._slots.values()])

    # --- asking

    async def ask(
        self, ask: terms.Ask, purpose: Purpose, granted: Granted, test: str, is_gone: Callable[[], bool]
    ) -> Granted | Booked | Refused:
        """Answer a device, at once or when its turn comes within the time that a request is held."""
        try:
            answer: terms.Answer | None = self.ledger.ask(ask, self._ledger_s())
        except terms.TooNarrowError:
            _log.exception("a cap in the settings is lower than what a single test needs")
            return Booked(in_s=_TOO_NARROW_S)
        if isinstance(answer, terms.Waiting):
            answer = await self._turn_of(ask.device, answer.until_s, is_gone)
        if isinstance(answer, terms.Granted):
            return self._open(answer.slot, purpose, granted, test)
        if isinstance(answer, terms.Booked):
            return self._book(ask.device, purpose, answer.at_s)
        return Refused(code="stopped") if self.is_stopped else Booked(in_s=_BUSY_S)

    async def _turn_of(self, device: str, until_s: float, is_gone: Callable[[], bool]) -> terms.Answer | None:
        if (earlier := self._waiting.get(device)) is not None:
            earlier.cancel()  # of the same device: its place is this request's now
        mine = self._waiting[device] = asyncio.get_running_loop().create_future()
        self._wake()
        try:
            while not (mine.done() or is_gone() or self.is_stopped) and (left_s := until_s - self._ledger_s()) > 0:
                await asyncio.wait([mine], timeout=min(left_s, _LOOK_S))
        finally:
            if self._waiting.get(device) is mine:
                del self._waiting[device]
        if self.is_stopped:
            return terms.Stopped()
        if mine.cancelled():
            return None
        return terms.Granted(mine.result()) if mine.done() else self.ledger.leave(device, self._ledger_s())

    def _wake(self) -> None:
        """Tell those who wait and whose turn has come."""
        for slot in self.ledger.take_ready(self._ledger_s()):
            waiting = self._waiting.get(slot.ask.device)
            if waiting is not None and not waiting.done():
                waiting.set_result(slot)

    def _open(self, of_ledger: terms.Slot, purpose: Purpose, granted: Granted, test: str) -> Granted | Booked:
        device = of_ledger.ask.device
        held = self._by_number.get(of_ledger.number)
        if held is not None and (held.is_begun or held.test != test):
            return Booked(in_s=_BUSY_S)
        if held is not None:  # it did not hear the answer, and asks again
            return held.granted
        slot = Slot(of_ledger.number, self._turns.pop(device, "") or new_token(), purpose, device, granted, test)
        self._slots[granted.token] = self._by_number[slot.number] = slot
        self._note(slot, "granted")
        return granted

    def _book(self, device: str, purpose: Purpose, at_s: float) -> Booked:
        turn = self._turns.setdefault(device, new_token())
        due_us = int(at_s * 1e6)
        self.journal.note(
            News(id=turn, device=device, purpose=purpose, state="booked", at_us=_wall_us(), due_us=due_us)
        )
        return Booked(in_s=max(1.0, at_s - self._ledger_s()))

    # --- running

    def find(self, token: str, now_s: float) -> Slot | None:
        """Return the slot of this token and renew its lease; None when there is none any more."""
        slot = self._slots.get(token)
        if slot is None or not self.ledger.renew(slot.number, now_s + self._ahead_s):
            return None
        return slot

    def stream(self, token: str, now_s: float) -> Stream | None:
        """Return the stream that the slot of this token grants, while it runs, and renew its lease."""
        slot = self.find(token, now_s)
        return None if slot is None else slot.granted.stream

    def take(self, token: str, step: str, now_s: float) -> Slot | None:
        """Return the slot of this token if the step may begin in it: once, and no download after the upload.

        By then the ledger has given the download's rate to others.
        """
        slot = self.find(token, now_s)
        if slot is None or step in slot.steps or (step == "download" and "upload" in slot.steps):
            return None
        if slot.test != "line" and step != "end":
            return None
        slot.steps.add(step)
        return slot

    def sign(self, slot: Slot, now_s: float) -> None:
        """Renew the lease of a slot, whose device has just shown that it is there."""
        if now_s - slot.signed_s >= _SIGNED_S:
            slot.signed_s = now_s
            self.ledger.renew(slot.number, now_s + self._ahead_s)

    def lower(self, slot: Slot, peak_bps: float) -> None:
        """Give back what the slot does not need any more, for others."""
        self.ledger.lower(slot.number, int(peak_bps), self._ledger_s())
        self._wake()

    # --- ending

    def end(self, token: str, ending: Ending = "told") -> float | None:
        """Forget a slot; of one that said nothing of its line, return in how many seconds its turn comes again."""
        slot = self._slots.pop(token, None)
        if slot is None:
            return None
        self._by_number.pop(slot.number, None)
        slot.is_over = True
        self.totals.sent_bytes += slot.sent_bytes
        self.totals.received_bytes += slot.received_bytes
        self.totals.server_limited += slot.is_server_limited
        for transport in slot.transports:
            if not transport.is_closing():  # one that is lost already cannot be broken off any more
                transport.abort()
        is_to_come = slot.is_server_limited and ending != "stopped"
        again, ended = self.ledger.rebook(slot.number, self._ledger_s()) if is_to_come else None, None
        is_whole = ending == "told" and slot.test == "line" and not slot.is_server_limited
        if again is None:
            moved_bytes = slot.sent_bytes + slot.received_bytes
            ended = self.ledger.end(slot.number, self._ledger_s(), moved_bytes, is_whole=is_whole)
        self._note(slot, "ended", ending, ended if is_whole else None)
        self._wake()
        return None if again is None else max(1.0, again.at_s - self._ledger_s())

    def obey(self, document: Document, caps: Caps) -> None:
        """Go by other caps, and break off what the centre does not want any more.

        Everything when it stops, else tests of revoked devices and of a dry run that was stopped.
        """
        self.ledger.change_caps(caps, self._ledger_s())
        if document.is_stopped and not self.is_stopped:
            self.ledger.stop(self._ledger_s())
        elif self.is_stopped and not document.is_stopped:
            self.ledger.resume()
        self.is_stopped = document.is_stopped
        self._announce(document)
        now = _wall_us()
        for slot in self:
            is_over = slot.purpose == "schedule" and is_broken_off(document, slot.device, now)
            if self.is_stopped or is_over or slot.device not in document.devices:
                self.end(slot.granted.token, "stopped")
        self.ledger.give_up(lambda ask: not ask.is_on_demand and is_broken_off(document, ask.device, now))
        self._wake()

    def _announce(self, document: Document) -> None:
        """Tell the ledger once what a dry run will bring, and when there is none any more."""
        coming = document.dry_run.id if document.dry_run and document.dry_run.state != "stopped" else None
        if coming != self._announced:
            self._announced = coming
            self.ledger.announce(still_to_come(document))

    def look(self) -> None:
        """Let happen what time alone brings; to be called a few times a second."""
        for expired in self.ledger.expire(self._ledger_s()):
            slot = self._by_number.get(expired.number)
            if slot is not None:
                self.end(slot.granted.token, "expired")
        self._wake()

    def _note(
        self,
        slot: Slot,
        state: Literal["granted", "ended"],
        ending: Ending | None = None,
        ended: terms.Ended | None = None,
    ) -> None:
        self.journal.note(
            News(
                id=slot.turn,
                device=slot.device,
                purpose=slot.purpose,
                state=state,
                at_us=_wall_us(),
                ending=ending,
                sent_bytes=slot.sent_bytes,
                received_bytes=slot.received_bytes,
                is_server_limited=slot.is_server_limited,
                need_class=ended and ended.need_class,
                held_us=0 if ended is None else int(ended.cost.duration_s * 1e6),
                work_bits=0 if ended is None else int(ended.cost.work_bits),
            )
        )

    def _ledger_s(self) -> float:
        return time.monotonic() + self._ahead_s


def _wall_us() -> int:
    return time.time_ns() // 1000


def new_token() -> str:
    """Return 128 random bits as base64url."""
    return secrets.token_urlsafe(16)
