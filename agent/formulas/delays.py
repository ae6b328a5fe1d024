"""What the times of packets tell: percentiles, jitter, variation, reordering. One way needs no common clock."""

from __future__ import annotations

import math
from typing import List, Optional, Sequence


def percentile(values: Sequence[float], share: float) -> Optional[float]:
    """Return the value below which this share of the values lies (nearest rank), None of no values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def jitter_ms(transits_ms: Sequence[float]) -> Optional[float]:
    """Return the interarrival jitter of RFC 3550, section 6.4.1, as it stands after the last packet to arrive.

    `transits_ms`: how long each packet took, in the order of arrival, one way by two clocks or there and back by one.
    None of fewer than two.
    """
    if len(transits_ms) < 2:
        return None
    jitter = 0.0
    for before, after in zip(transits_ms, transits_ms[1:]):
        jitter += (abs(after - before) - jitter) / 16
    return round(jitter, 3)


def variations_ms(delays_ms: Sequence[float]) -> List[float]:
    """Return how much longer than the shortest each delay is (PDV of RFC 5481, section 4.2)."""
    shortest_ms = min(delays_ms, default=0.0)
    return [delay_ms - shortest_ms for delay_ms in delays_ms]


def reordered(seqs: Sequence[int]) -> int:
    """Return how many packets arrived after one that was sent later (RFC 4737, type-P-reordered)."""
    count, highest = 0, -1
    for seq in seqs:
        count += seq < highest
        highest = max(highest, seq)
    return count
