"""Sites of one unit that drop together: one cause that they share, which is worth more than its single sites.

This explains, like judge/presence.py, and judges nothing: levels are the presence rule's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from contract.clock import DAY_US, SECOND_US

LEAST_SITES = 3  # our own choice, like the two below: two neighbours may be chance
WITHIN_US = 60 * SECOND_US  # as long as a snapshot's period: a silent cut is noticed site by site over that time
REACHES_US = DAY_US  # what has been away for longer is no news


class Loss(NamedTuple):
    """A site that is lost now, and since when it counts as lost, in microseconds UTC."""

    site_id: int
    unit_id: int
    at: int


class Cut(NamedTuple):
    """Sites of a unit that were lost together, and when the first of them was."""

    unit_id: int
    sites: tuple[int, ...]
    since_at: int


def find_cuts(losses: Iterable[Loss], now: int) -> list[Cut]:
    """Return the cuts among sites that are lost now, the latest first; each site is in one at most."""
    by_unit: defaultdict[int, list[Loss]] = defaultdict(list)
    for loss in losses:
        if now - REACHES_US <= loss.at:
            by_unit[loss.unit_id].append(loss)
    found = [
        Cut(unit_id, tuple(loss.site_id for loss in run), run[0].at)
        for unit_id, lost in by_unit.items()
        for run in _runs(sorted(lost, key=lambda loss: (loss.at, loss.site_id)))
    ]
    return sorted(found, key=lambda cut: (-cut.since_at, cut.unit_id))


def _runs(losses: Sequence[Loss]) -> Iterator[Sequence[Loss]]:
    """Yield the longest stretches of losses, by time, in which each is one of LEAST_SITES within WITHIN_US."""
    first, end = 0, 0  # of the stretch that is being gathered; empty when equal
    for start in range(len(losses) - LEAST_SITES + 1):
        if losses[start + LEAST_SITES - 1].at - losses[start].at > WITHIN_US:
            continue
        if start >= end:
            if end > first:
                yield losses[first:end]
            first = start
        end = start + LEAST_SITES
    if end > first:
        yield losses[first:end]
