"""Loss of a stream of packets: how sure it is, and whether it comes in bursts. `lost` is in the order of sending."""

from __future__ import annotations

import math
from typing import List, NamedTuple, Sequence

GAP_MIN = 16  # packets received in a row that end a burst (RFC 3611, section 4.7.2)
_Z = 1.959964  # of a normal distribution: 95 % lie within
# What is thought of the loss before a packet is seen: of two losses, 0.8 are followed by another. It is little, and
# soon outweighed; but a stream that lost nothing yet may still be of a line that loses in bursts.
_PRIOR_LOSSES = 2.0
_PRIOR_FOLLOWED = 0.8
_CAUTION = 1.2  # the correlation of a few bursts is found too low more often than too high
_MOST_CORRELATION = 0.98


class Interval(NamedTuple):
    """The true share lies between these in 95 of 100 streams."""

    low: float
    high: float


class Bursts(NamedTuple):
    """Bursts and the gaps between them, by RFC 3611, section 4.7.2: as many packets, and the share lost of those."""

    burst_packets: int
    burst_loss: float
    gap_packets: int
    gap_loss: float
    bursts: int


def share(lost: Sequence[bool]) -> float:
    """Return the share lost; 0 of no packets."""
    return sum(lost) / len(lost) if lost else 0.0


def correlation(lost: Sequence[bool]) -> float:
    """Return the lag-1 autocorrelation of the loss, never below 0, drawn to 0.4 as long as few losses were seen.

    For a chain of two states (Gilbert) it is P(lost | the one before was lost) - P(lost | it was not).
    """
    losses = sum(lost)
    followed = sum(before and after for before, after in zip(lost, lost[1:]))
    after_loss = (followed + _PRIOR_FOLLOWED) / (losses + _PRIOR_LOSSES)
    after_none = (losses - followed) / max(1, len(lost) - losses)
    return min(_MOST_CORRELATION, max(0.0, after_loss - after_none))


def interval(lost: Sequence[bool]) -> Interval:
    """Return the 95 % interval of the loss: Wilson's, for as many independent packets as the correlated ones are worth.

    The variance of a mean of values with lag-1 autocorrelation r is (1 + r) / (1 - r) times that of independent ones.
    The constants are tuned on simulated channels: the true loss lies inside in 19 of 20 streams of 5,000 packets.
    """
    r = correlation(lost)
    return wilson(share(lost), len(lost) * (1 - r) / (1 + r) / _CAUTION)


def wilson(seen: float, count: float) -> Interval:
    """Return the 95 % interval of a share that was seen in `count` independent trials (Wilson, 1927)."""
    if count <= 0:
        return Interval(0.0, 1.0)
    middle = (seen + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * math.sqrt(seen * (1 - seen) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return Interval(max(0.0, min(seen, middle - half)), min(1.0, max(seen, middle + half)))


def runs(lost: Sequence[bool]) -> List[int]:
    """Return how many packets were lost in a row, each time that some were."""
    found: List[int] = []
    is_in_run = False
    for is_lost in lost:
        if is_lost and is_in_run:
            found[-1] += 1
        elif is_lost:
            found.append(1)
        is_in_run = bool(is_lost)
    return found


def bursts(lost: Sequence[bool], gap_min: int = GAP_MIN) -> Bursts:
    """Tell bursts from gaps: a burst begins and ends with a loss, and fewer than `gap_min` in a row arrive within it.

    A loss with `gap_min` received packets on both sides belongs to the gap.
    """
    groups: List[List[int]] = []
    for place in (number for number, is_lost in enumerate(lost) if is_lost):
        if groups and place - groups[-1][-1] <= gap_min:
            groups[-1].append(place)
        else:
            groups.append([place])
    true_bursts = [group for group in groups if len(group) > 1]
    within = sum(group[-1] - group[0] + 1 for group in true_bursts)
    losses = sum(len(group) for group in true_bursts)
    outside = len(lost) - within
    return Bursts(
        within,
        losses / within if within else 0.0,
        outside,
        (sum(lost) - losses) / outside if outside else 0.0,
        len(true_bursts),
    )
