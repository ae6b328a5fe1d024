"""Whether those who are to go first went first."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Order(NamedTuple):
    """too_soon: sites granted a slot before their wave opened. inversions: share of the pairs of two waves that went
    the wrong way round. medians_s: of each wave, when half of it had been granted, from the start.
    """

    too_soon: int
    inversions: float
    medians_s: dict[int, float]


def order_of(granted_s: Mapping[int, Sequence[float]], opens_s: Mapping[int, float]) -> Order:
    """Return how the order was kept; both by wave, in seconds from the start."""
    waves = {wave: sorted(times) for wave, times in sorted(granted_s.items()) if times}
    wrong = pairs = 0
    earlier: list[float] = []
    for times in waves.values():
        pairs += len(earlier) * len(times)
        wrong += sum(len(earlier) - bisect_left(earlier, at_s) for at_s in times)
        earlier = sorted([*earlier, *times])
    too_soon = sum(at_s < opens_s[wave] for wave, times in waves.items() for at_s in times)
    return Order(too_soon, wrong / max(1, pairs), {wave: times[len(times) // 2] for wave, times in waves.items()})
