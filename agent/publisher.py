"""What to send of the spool, and when: a window of reports in seq order, sent again until the centre acknowledges them.

A broker's PUBACK means nothing here: it comes also for reports that are then lost.
"""

from __future__ import annotations

import random
from typing import List, Optional, Protocol

from agent.spool import Counters, Spooled
from contract import wire
from contract.clock import Moment

WINDOW = 50  # reports sent and not yet acknowledged
BATCH = 10  # reports read from disk at a time, so that a full window does not lie in memory at once
FIRST_WAIT_S = 20.0
MOST_WAIT_S = 300.0
EPOCH_SPREAD_S = 2.0  # when a collector starts, all devices hear it at once


class Waiting(Protocol):
    """The part of a spool that is read here."""

    def counters(self) -> Counters:
        """Return the books."""

    def after(self, seq: int, limit: int) -> List[Spooled]:
        """Return the reports that follow `seq`."""


class Publisher:
    """Chooses what to send next over a connection; `now` comes as an argument, reports from a spool."""

    def __init__(self, spool: Waiting, chance: random.Random) -> None:
        self._spool = spool
        self._chance = chance
        self._spool_id = ""
        self._acked_upto = 0
        self._sent_upto = 0  # over this connection, since the last start from the oldest
        self._again_at_s: Optional[float] = None
        self._wait_s = FIRST_WAIT_S
        self._epoch: Optional[int] = None

    @property
    def is_waiting(self) -> bool:
        """Tell whether something will be sent again unless it is acknowledged before."""
        return self._again_at_s is not None

    def start_over(self) -> None:
        """Send everything again from the oldest: there is a new connection."""
        self._sent_upto = 0
        self._again_at_s = None
        self._wait_s = FIRST_WAIT_S

    def hear_epoch(self, epoch: int, now_s: float) -> None:
        """Send again soon when the collector has started anew: what was on its way then is lost."""
        if self._epoch is not None and epoch != self._epoch:
            self._again_at_s = now_s + self._chance.uniform(0.0, EPOCH_SPREAD_S)
            self._wait_s = FIRST_WAIT_S
        self._epoch = epoch

    def take(self, now: Moment) -> List[bytes]:
        """Return reports to send now, framed with the present moment and books; call again until there are none."""
        now_s = now.mono_ms / 1000
        counters = self._spool.counters()
        self._follow(counters, now_s)
        if self._again_at_s is not None and now_s >= self._again_at_s:
            self._sent_upto = 0
            self._again_at_s = None
        start = max(self._sent_upto, counters.oldest - 1)
        room = counters.oldest - 1 + WINDOW - start
        if room <= 0 or start >= counters.accepted_upto:
            return []
        limit = min(room, BATCH, counters.accepted_upto - start)  # what came since has later books
        reports = [r for r in self._spool.after(start, limit) if r.spool_id == counters.spool_id]
        if reports:
            self._sent_upto = reports[-1].seq
            self._start_waiting(now_s)
        return [wire.encode_report(_frame(report, counters, now), report.body) for report in reports]

    def _follow(self, counters: Counters, now_s: float) -> None:
        """Notice a new spool, and what was acknowledged since the last look."""
        if counters.spool_id != self._spool_id:
            self._spool_id = counters.spool_id
            self.start_over()
        elif counters.acked_upto > self._acked_upto:
            self._wait_s = FIRST_WAIT_S
            self._again_at_s = None
            if self._sent_upto >= counters.oldest:
                self._start_waiting(now_s)
        self._acked_upto = counters.acked_upto

    def _start_waiting(self, now_s: float) -> None:
        if self._again_at_s is None:
            self._again_at_s = now_s + self._wait_s * self._chance.uniform(0.8, 1.2)
            self._wait_s = min(MOST_WAIT_S, self._wait_s * 2)


def _frame(report: Spooled, counters: Counters, now: Moment) -> wire.Frame:
    return wire.Frame(
        counters.spool_id,
        report.seq,
        counters.accepted_upto,
        counters.accepted_upto - report.seq,
        *counters.dropped_range,
        now.boot_id,
        now.mono_ms,
        now.wall_us,
    )
