"""The sequential threshold test: does a line carry what a role needs? It stops as soon as that is sure.

Evidence is the row of 100 ms bins since the warm-up, or since the line fell to less than half of what it was: a token
bucket that ran empty. While the sender drains, evidence may reject; it may accept only when the transfer has outrun
every bucket that is promised (docs/adr/0021-a-threshold-not-a-record.md). Rates are in needs unless a name says bps.
"""

from __future__ import annotations

import math
from typing import List, NamedTuple, Optional, Tuple

from agent.formulas import bins
from contract import transfer

_SURE = math.log(0.99 / 0.01)  # Wald's bounds for alpha = beta = 1 % ...
_MARGIN = 0.05  # ... of the need less and more this share of it
_FAR = 3.0  # or so many standard errors, whichever is sooner
_FAREWELL = 0.5  # so many must do when no more may be moved ...
_BROKEN = 2.0  # ... and so many when the transfer broke off
_ENDED = 0.8  # of what may be moved
_LEAST_BINS = 5
_DRAINED = transfer.DRAINED_NEED_S - 0.05  # the sender may have counted that little more
_HOLD_BINS = 5  # after a drain, when each of them is ...
_FILLED = 0.96 * transfer.HOLD  # ... filled to the pace, or when it is sure
_OPEN_BINS = 15  # for a line that is said to carry without a full drain
_STILL_BINS = 30  # within fewer, a stall or TCP on its way up must not fail a line
_SETTLE_BINS = 30  # so long the side of the minimum is looked for after the ready limit has failed
_NEAR_BINS = 60  # after these a line that is surely ...
_NEAR = 0.05  # ... so near to the need stays unsure
_RISE = 0.1
_DROP_FROM = 1.5
_DROP = 0.5  # of what it was: a bucket is empty
_FLAT_BINS = 10  # the line's own rate shows after the upheaval that an empty bucket means to TCP ...
_FLAT = 0.05  # ... by a relative standard deviation of no more than this
_SMOOTH_BINS = 3  # what is written and read comes in lumps
_STEADY = 0.06  # relative standard deviation of a rate that the line alone limits
_OPEN = 6.0  # a line slower than this limits the drain itself ...
_PROVABLE = 1.25  # ... and from so far above the need on, a whole drain fits into what may be moved
_UNSTEADY_SHARE = 0.65
_STILL_FAST = 0.65
_DEAD = 0.02  # a bin of less is a stall, not a rate
_STALL_BINS = 10  # a longer stall counts while it lasts
_ACCOUNT_SLACK = 1.0  # need-seconds by which the sender may believe the bucket empty before the receiver does
_LEAST_WARM_UP_S = 0.3
_INITIAL_WINDOW_BYTES = 14_600  # RFC 6928


class Need(NamedTuple):
    """What a role needs of one direction, in bit/s; the minimum is at most the ready limit."""

    ready_bps: float
    minimum_bps: float


class Result(NamedTuple):
    """What a transfer showed.

    The rate is the sustained one, with its 95 % interval: of the hold, or of what came after a burst. The pacing caps
    it: after a full drain no rate above HOLD x need can be seen, and `high_bps` is at most that.
    """

    outcome: str  # carries, fails, unsure
    minimum: str  # of a line that fails: above, below, unsure; else empty
    rate_bps: float
    low_bps: float
    high_bps: float
    moved_bytes: int
    seconds: float
    bins: Tuple[float, ...]  # those of the sustained rate, in bit/s
    is_paced: bool  # they are of the hold: a load like the event's, which does not fill the line


class SequentialTest:
    """One direction of one line, fed with what arrived in each bin."""

    def __init__(
        self, need: Need, round_trip_s: float, most_bytes: Optional[int] = None, most_s: float = transfer.MOST_S
    ) -> None:
        """Take the need, the round trip of the connection, and what may be moved and how long."""
        self.need = need
        self.round_trip_s = round_trip_s
        self.most_bytes = transfer.most_bytes(need.ready_bps) if most_bytes is None else most_bytes
        self._most_s = most_s
        self._warm_up_s = _warm_up_s(need.ready_bps, round_trip_s)
        self._moved_bytes = 0
        self._seconds = 0.0
        self._waiting_bytes = 0.0  # of a bin that is not full yet
        self._waiting_s = 0.0
        self._excess = 0.0
        self._is_drained = False
        self._is_open = False  # it was the line, and not the pace, that limited the drain to its end
        self._is_warm = False
        self._bins: List[float] = []
        self._failed_for = 0  # bins since the ready limit failed

    def add(self, moved_bytes: int, seconds: float) -> Optional[Result]:
        """Take one bin, of any length; return the result once it is sure or no more may be moved."""
        self._moved_bytes += moved_bytes
        self._seconds += seconds
        self._waiting_bytes += moved_bytes
        self._waiting_s += seconds
        count = round(self._waiting_s / transfer.BIN_S)
        if count:
            length_s = self._waiting_s / count
            rate = self._waiting_bytes * 8 / self._waiting_s / self.need.ready_bps
            self._waiting_bytes = self._waiting_s = 0.0
            for _ in range(min(count, int(self._most_s / transfer.BIN_S))):
                self._take(rate, length_s)
            result = self._look()
            if result is not None:
                return result
        if self._moved_bytes >= self.most_bytes or self._seconds >= self._most_s:
            return self.give_up()
        return None

    def give_up(self, *, is_spent: bool = False) -> Result:
        """Return what can be said when a transfer has ended before it was sure; is_spent: nothing more may be sent."""
        if len(self._bins) < _LEAST_BINS:
            return self._result("unsure")
        ready = self._level(1.0)
        has_ended = is_spent or self._moved_bytes >= _ENDED * self.most_bytes or self._seconds >= _ENDED * self._most_s
        side = _side(ready, _FAREWELL if has_ended else _BROKEN)
        if side < 0:
            return self._result("fails", self._minimum() or self._minimum(_FAREWELL) or "unsure")
        may_carry = self._has_outrun(ready.mean) and len(self._bins) >= self._least_bins()
        return self._result("carries" if side > 0 and may_carry else "unsure")

    def _take(self, rate: float, length_s: float) -> None:
        """Keep one bin, and forget those that it makes void."""
        moved_bytes = rate * self.need.ready_bps / 8 * length_s
        self._excess = transfer.excess(self._excess, moved_bytes, length_s, self.need.ready_bps)
        if not self._is_warm:
            self._is_warm = rate >= 1 or self._seconds >= self._warm_up_s
            return
        self._bins.append(rate)
        if not self._is_drained and self._excess >= (transfer.BUCKET_NEED_S if self._is_limited() else _DRAINED):
            self._is_drained = True
            self._is_open = self._is_limited()
            if not self._is_open:
                self._bins.clear()
        elif self._has_dropped():
            del self._bins[:-_LEAST_BINS]
        elif self._has_settled():
            del self._bins[:-_FLAT_BINS]

    def _is_limited(self) -> bool:
        """Tell whether it is the line, and not the pace, that limits the drain."""
        return len(self._bins) >= _OPEN_BINS and bins.median(self._bins) < _OPEN

    def _has_dropped(self) -> bool:
        """Tell whether the last bins are those of an empty bucket: alive, and less than half of those before."""
        if self._is_drained or len(self._bins) <= _LEAST_BINS:
            return False
        due = bins.put_back(self._bins[-3 * _LEAST_BINS :])
        was, latest = bins.median(due[:-_LEAST_BINS]), due[-_LEAST_BINS:]
        is_alive = sorted(self._bins[-_LEAST_BINS:])[_LEAST_BINS // 2] > _DEAD
        return is_alive and was >= _DROP_FROM and max(latest) < _DROP * was

    def _has_settled(self) -> bool:
        """Tell whether the last bins lie flat below the need, after faster and wilder ones."""
        earlier, latest = self._bins[:-_FLAT_BINS], self._bins[-_FLAT_BINS:]
        if self._is_drained or len(earlier) < _LEAST_BINS or max(earlier) < _DROP_FROM:
            return False
        mean = sum(latest) / _FLAT_BINS
        return _DEAD < mean < 1 - _MARGIN and bins.spread(bins.smooth(latest, _SMOOTH_BINS)) <= _FLAT * mean

    def _look(self) -> Optional[Result]:
        if self._is_filled():
            return self._result("carries")
        if len(self._bins) < _LEAST_BINS:
            return None
        ready = self._level(1.0)
        side = _sure_side(ready)
        if side < 0 and not self._is_stalling() and not self._is_rising():
            return self._failed()
        self._failed_for = 0
        if side > 0 and self._has_outrun(ready.mean) and len(self._bins) >= self._least_bins():
            return self._result("carries")
        is_near = len(self._bins) >= _NEAR_BINS and abs(ready.mean - 1) + 2 * ready.error < _NEAR
        return self._result("unsure") if is_near else None

    def _failed(self) -> Optional[Result]:
        """Go on for a while until it is sure on which side of the minimum the line lies."""
        self._failed_for += 1
        minimum = self._minimum()
        return self._result("fails", minimum or "unsure") if minimum or self._failed_for > _SETTLE_BINS else None

    def _is_stalling(self) -> bool:
        """Tell whether, early on, only stalls make the line fail: its other bins do not."""
        alive = [rate for rate in self._bins if rate > _DEAD]
        return len(self._bins) < _STILL_BINS and sum(alive) >= (1 - _MARGIN) * len(alive)

    def _is_rising(self) -> bool:
        """Tell whether TCP may still be on its way up."""
        half = len(self._bins) // 2
        return len(self._bins) < _STILL_BINS and (sum(self._bins[-half:]) > sum(self._bins[:half]) + _RISE * half)

    def _is_filled(self) -> bool:
        """Tell whether the line, its bucket empty, took all that the hold gave it, bin after bin."""
        if not self._is_paced or self._excess < transfer.BUCKET_NEED_S or len(self._bins) < _HOLD_BINS:
            return False
        return min(bins.cap(bins.put_back(self._bins[-_HOLD_BINS:]), transfer.HOLD)) >= _FILLED

    @property
    def _is_paced(self) -> bool:
        """Whether the bins are those of the hold."""
        return self._is_drained and not self._is_open

    def _least_bins(self) -> int:
        return _HOLD_BINS if self._is_paced else _OPEN_BINS

    def _has_outrun(self, mean: float) -> bool:
        """Tell whether the transfer has outrun every bucket that may look like these bins."""
        if self._is_drained:
            return self._excess >= transfer.BUCKET_NEED_S
        latest = self._bins[-_LEAST_BINS:]
        is_open = self._excess < transfer.BUCKET_NEED_S - _ACCOUNT_SLACK
        return is_open and self._excess >= self._hidden(mean) and sum(latest) / len(latest) >= _STILL_FAST * mean

    def _hidden(self, mean: float) -> float:
        """Return how large a bucket may hide behind an open rate, in need-seconds.

        At a steady rate the line itself is the limit: a bucket would be at its peak. An unsteady one may be TCP's own
        saw-tooth on a long or lossy path, far below the peak of a bucket that is still full.
        """
        smooth = bins.smooth(bins.put_back(self._bins), _SMOOTH_BINS)
        spread = bins.spread(smooth)
        above = max(0.0, mean - 1)
        steady = (above / _PROVABLE) ** 2
        share = steady if spread <= _STEADY * mean else max(steady, _UNSTEADY_SHARE * above)
        return transfer.BUCKET_NEED_S * min(1.0, share)

    def _level(self, of: float) -> bins.Level:
        """Return the level of the bins in shares of the need; a stall that still lasts does not count yet."""
        due = bins.put_back(self._bins)
        if self._is_paced:
            due = bins.cap(due, transfer.HOLD)
        stalled = 0
        while stalled < min(_STALL_BINS, len(due) - 1) and due[-1 - stalled] <= _DEAD:
            stalled += 1
        return bins.level([rate / of for rate in due[: len(due) - stalled]])

    def _minimum(self, errors: float = 0.0) -> str:
        """Return on which side of the minimum a line lies that fails; empty: neither sure nor so many errors off."""
        share = self.need.minimum_bps / self.need.ready_bps
        if share >= 1:
            return "below"
        level = self._level(share)
        return ("", "above", "below")[_side(level, errors) if errors else _sure_side(level)]

    def _result(self, outcome: str, minimum: str = "") -> Result:
        ready_bps = self.need.ready_bps
        rate = low = high = 0.0
        if self._bins:
            level = self._level(1.0)
            rate, low, high = level.mean, level.low, level.high
            if self._is_paced:
                high = min(high, transfer.HOLD)
        return Result(
            outcome,
            minimum,
            rate * ready_bps,
            low * ready_bps,
            high * ready_bps,
            self._moved_bytes,
            self._seconds,
            tuple(rate * ready_bps for rate in self._bins),
            self._is_paced,
        )


def _side(level: bins.Level, errors: float) -> int:
    """Return 1 or -1 when the mean is so many standard errors above or below 1, else 0."""
    distance = (level.mean - 1) / level.error
    return (distance >= errors) - (distance <= -errors)


def _sure_side(level: bins.Level) -> int:
    """Return 1 or -1 when the mean is surely above or below 1, else 0.

    Near to 1 Wald's log likelihood ratio of 1 + margin against 1 - margin is sooner; far from it the distance is.
    """
    ratio = 2 * _MARGIN / level.variance * level.size * (level.mean - 1)
    return _side(level, _FAR) or (ratio >= _SURE) - (ratio <= -_SURE)


def _warm_up_s(need_bps: float, round_trip_s: float) -> float:
    """Return how long slow start may need to reach the need: doubling each round trip, and two more."""
    doublings = math.log2(max(1.0, need_bps / 8 * round_trip_s / _INITIAL_WINDOW_BYTES))
    return max(_LEAST_WARM_UP_S, (doublings + 2) * round_trip_s)
