"""What a row of equal bins tells: its mean, how sure that is, and where bytes that came late belong."""

from __future__ import annotations

import math
from typing import List, NamedTuple, Sequence

_EMPTY = 0.05  # of a need: a bin of less got nothing but remains
_MOST_CORRELATION = 0.8
_PRIOR_BINS = 10  # what a line is thought to be like counts as so many bins ...
_PRIOR_VARIANCE = 0.10  # ... of this long-run variance: noise of 15 % that lasts for 0.3 s
_Z_95 = 1.96
_STUDENT = 2.4  # Student's t for 95 % is about 1.96 + 2.4 / degrees of freedom
_BINS_A_FREEDOM = 3  # neighbouring bins know much the same


class Level(NamedTuple):
    """The mean of a row of bins, and the long-run variance of one bin (autocorrelation included)."""

    mean: float
    variance: float
    size: int

    @property
    def error(self) -> float:
        """Return the standard error of the mean."""
        return math.sqrt(self.variance / self.size)

    @property
    def low(self) -> float:
        """Return the lower end of the mean's 95 % interval, not below 0."""
        return max(0.0, self.mean - self._reach())

    @property
    def high(self) -> float:
        """Return the upper end of the mean's 95 % interval."""
        return self.mean + self._reach()

    def _reach(self) -> float:
        freedom = self.size / _BINS_A_FREEDOM
        return (_Z_95 + _STUDENT / freedom) * self.error


def spread(values: Sequence[float]) -> float:
    """Return the standard deviation of a row of values about their own mean."""
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def median(values: Sequence[float]) -> float:
    """Return the upper median."""
    return sorted(values)[len(values) // 2]


def smooth(values: Sequence[float], width: int) -> List[float]:
    """Return the means of every `width` neighbours; there must be so many."""
    return [sum(values[n : n + width]) / width for n in range(len(values) - width + 1)]


def put_back(values: Sequence[float]) -> List[float]:
    """Return the bins with each one's bytes shared with the empty ones right before it; the sum stays the same.

    A starved client or a radio link that stalls reads nothing in a bin or two and all of it in the next.
    """
    due, first = list(values), 0  # the first of the empty ones
    for n, value in enumerate(values):
        if value > _EMPTY:
            due[first : n + 1] = [sum(values[first : n + 1]) / (n + 1 - first)] * (n + 1 - first)
            first = n + 1
    return due


def cap(values: Sequence[float], most: float) -> List[float]:
    """Return the bins with what is above `most` put back where less than that arrived before, as far as it goes.

    What a stall held up comes after it faster than the pace; the pace itself caps what the line can show.
    """
    due, owed = [], 0.0
    for value in reversed(values):
        due.append(min(most, value + owed))
        owed = max(0.0, owed + value - most)
    return due[::-1]


def level(values: Sequence[float]) -> Level:
    """Return the level of bins: s^2 * (1 + r)/(1 - r) of an AR(1) row, r its lag-1 correlation corrected for its bias.

    Few bins know little of their variance, so that it leans on a prior. Source: Kendall 1954, "Note on bias in the
    estimation of autocorrelation", for r + (1 + 4r)/n.
    """
    count = len(values)
    mean = sum(values) / count
    square = sum((value - mean) ** 2 for value in values)
    variance = square / count
    if count > 3 and square > 0:
        lag_1 = sum((a - mean) * (b - mean) for a, b in zip(values, values[1:])) / square
        lag_1 = min(_MOST_CORRELATION, max(-0.5, lag_1 + (1 + 4 * lag_1) / count))
        variance *= (1 + lag_1) / (1 - lag_1)
    return Level(mean, (_PRIOR_BINS * _PRIOR_VARIANCE + count * variance) / (_PRIOR_BINS + count), count)
