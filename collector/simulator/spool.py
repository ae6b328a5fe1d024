"""A device's reports that the centre has not acknowledged, in memory, and which of them to send now.

The same books and the same waiting as the real agent's: ours is lost with the process, and with it the spool's id.
"""

from __future__ import annotations

import random
import secrets
from collections import deque
from typing import NamedTuple

from contract import wire
from contract.clock import Moment

WINDOW = 50  # reports sent and not yet acknowledged
MOST_REPORTS = 200
FIRST_WAIT_S = 20.0
MOST_WAIT_S = 300.0
EPOCH_SPREAD_S = 2.0
NEVER_S = float("inf")


class Counters(NamedTuple):
    """The books: accepted = settled + spooled + dropped."""

    accepted: int
    settled: int
    spooled: int
    dropped: int


class Spooled:
    """One report that waits."""

    __slots__ = ("body", "sent_at_s", "seq")

    def __init__(self, seq: int, body: bytes) -> None:
        self.seq = seq
        self.body = body
        self.sent_at_s: float | None = None  # the first time


class Spool:
    """The reports of one device in order, oldest first; over the cap the oldest are dropped, and told so."""

    __slots__ = (
        "_again_at_s",
        "_chance",
        "_epoch",
        "_sent_upto",
        "_wait_s",
        "_waiting",
        "accepted",
        "dropped",
        "id",
        "settled_upto",
    )

    def __init__(self, chance: random.Random) -> None:
        self.id = secrets.token_hex(8)  # never one that an earlier run of the same seed had
        self.accepted = 0
        self.settled_upto = 0
        self.dropped = 0
        self._waiting: deque[Spooled] = deque()
        self._chance = chance
        self._sent_upto = 0
        self._again_at_s = NEVER_S
        self._wait_s = FIRST_WAIT_S
        self._epoch: int | None = None

    @property
    def counters(self) -> Counters:
        """Where the books stand."""
        spooled = len(self._waiting)
        return Counters(self.accepted, self.accepted - spooled - self.dropped, spooled, self.dropped)

    @property
    def dropped_range(self) -> tuple[int, int]:
        """First and last of the seqs dropped since the last ack; 0, 0 when none was."""
        low, high = self.settled_upto + 1, self.accepted - len(self._waiting)
        return (low, high) if low <= high else (0, 0)

    @property
    def again_at_s(self) -> float:
        """When what was sent is sent again, unless it is acknowledged before."""
        return self._again_at_s

    def accept(self, body: bytes) -> None:
        """Take a new report."""
        self.accepted += 1
        self._waiting.append(Spooled(self.accepted, body))
        if len(self._waiting) > MOST_REPORTS:
            self._waiting.popleft()
            self.dropped += 1

    def acknowledge(self, spool_id: str, upto: int, now_s: float) -> list[float]:
        """Let go of what is settled; return the seconds from the first sending of each report to its ack."""
        if spool_id != self.id or not self.settled_upto < upto <= self.accepted:
            return []
        self.settled_upto = upto
        took_s = []
        while self._waiting and self._waiting[0].seq <= upto:
            sent_at_s = self._waiting.popleft().sent_at_s
            if sent_at_s is not None:
                took_s.append(now_s - sent_at_s)
        self._wait_s = FIRST_WAIT_S
        self._again_at_s = NEVER_S
        if self._waiting and self._sent_upto >= self._waiting[0].seq:
            self._start_waiting(now_s)
        return took_s

    def start_over(self) -> None:
        """Send everything again from the oldest: there is a new connection."""
        self._sent_upto = 0
        self._again_at_s = NEVER_S
        self._wait_s = FIRST_WAIT_S

    def hear_epoch(self, epoch: int, now_s: float) -> None:
        """Send again soon when the collector has started anew."""
        if self._epoch is not None and epoch != self._epoch:
            self._again_at_s = now_s + self._chance.uniform(0.0, EPOCH_SPREAD_S)
            self._wait_s = FIRST_WAIT_S
        self._epoch = epoch

    def take(self, now: Moment, now_s: float) -> list[bytes]:
        """Return the reports to send now, each with its frame."""
        if now_s >= self._again_at_s:
            self._sent_upto = 0
            self._again_at_s = NEVER_S
        payloads = []
        for report in self._waiting:
            if report.seq > self._waiting[0].seq - 1 + WINDOW:
                break
            if report.seq <= self._sent_upto:
                continue
            report.sent_at_s = report.sent_at_s or now_s
            self._sent_upto = report.seq
            books = (self.accepted, self.accepted - report.seq, *self.dropped_range)
            frame = wire.Frame(self.id, report.seq, *books, now.boot_id, now.mono_ms, now.wall_us)
            payloads.append(wire.encode_report(frame, report.body))
        if payloads:
            self._start_waiting(now_s)
        return payloads

    def _start_waiting(self, now_s: float) -> None:
        if self._again_at_s == NEVER_S:
            self._again_at_s = now_s + self._wait_s * self._chance.uniform(0.8, 1.2)
            self._wait_s = min(MOST_WAIT_S, self._wait_s * 2)
