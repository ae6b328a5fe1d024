"""The books of a spool: which reports are settled, and how. Pure; the central invariant lives here.

accepted = committed + spooled + dropped + quarantined
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from contract.wire import Frame

MOST_ACCEPTED = 10**12  # of one spool: a report a second for 30,000 years; the country's sums stay within 64 bits


class Settling(Enum):
    """What a report's frame means for the books."""

    NEXT = "next"  # settle it now
    AGAIN = "again"  # settled before: acknowledge it again
    GAP = "gap"  # something before it is missing: say nothing, it will come again


@dataclass
class Books:
    """One spool's counters; `accepted` and `spooled` as last told by the device."""

    device: str
    spool_id: str
    opened_at: int
    id: int | None = None
    watermark: int = 0
    committed: int = 0
    dropped: int = 0
    quarantined: int = 0
    accepted: int = 0
    spooled: int = 0
    redelivered: int = 0
    closed_at: int | None = None

    def look(self, frame: Frame) -> Settling:
        """Tell what a frame means, changing nothing."""
        if frame.seq <= self.watermark:
            return Settling.AGAIN
        bridged = frame.dropped_from <= self.watermark + 1 and frame.dropped_to == frame.seq - 1
        return Settling.NEXT if frame.seq == self.watermark + 1 or bridged else Settling.GAP

    def settle(self, frame: Frame, *, is_committed: bool) -> None:
        """Settle the next report: what the device dropped before it, and the report itself."""
        self.closed_at = None  # a spool taken for set aside that speaks again goes on where it was closed
        self.dropped += frame.seq - 1 - self.watermark
        self.watermark = frame.seq
        if is_committed:
            self.committed += 1
        else:
            self.quarantined += 1
        self.accepted = frame.accepted_upto
        self.spooled = frame.spooled

    def told(self, accepted: int, spooled: int) -> None:
        """Take the counters of a snapshot, which may be older than what has been settled since."""
        if self.accepted <= accepted <= MOST_ACCEPTED and self.closed_at is None:
            self.accepted = accepted
            self.spooled = min(spooled, max(0, accepted - self.watermark))

    def set_aside(self, now: int) -> None:
        """Close the books: the device has opened a newer spool, and what was unsettled will not come any more."""
        self.dropped += self.accepted - self.watermark
        self.watermark = self.accepted
        self.spooled = 0
        self.closed_at = now
