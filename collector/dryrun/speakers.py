"""Who speaks now and next, and who is called instead of one that cannot: pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from collector.dryrun.conclusions import Conclusion

SHOWN_NEXT = 3
CAN_STAND_IN = ("use",)  # actions: nobody stands in who would need a substitute


class Place(NamedTuple):
    """A site in the speakers' order; 1 speaks first, None does not speak."""

    conclusion: Conclusion
    order: int | None
    is_connected: bool


class LineUp(NamedTuple):
    """Who speaks now, the next three, all who speak later or have spoken, in order, and who is not in the order."""

    now: Place | None  # None: nobody yet, or everybody has spoken
    next: tuple[Place, ...]
    later: tuple[Place, ...]
    earlier: tuple[Place, ...]
    silent: tuple[Place, ...]

    @property
    def watched(self) -> tuple[Place, ...]:
        """Those for whom a substitute must stand ready: who speaks now, and the next."""
        return (self.now, *self.next) if self.now else self.next


def line_up(places: Collection[Place], speaking: int | None) -> LineUp:
    """Return the order around the one that speaks now; `speaking`: its place in the order, None or 0: nobody yet."""
    ordered = sorted((one for one in places if one.order is not None), key=_by_order)
    reached = speaking or 0
    now = [one for one in ordered if one.order == reached]
    ahead = [*now[1:], *(one for one in ordered if (one.order or 0) > reached)]
    return LineUp(
        now[0] if now else None,
        tuple(ahead[:SHOWN_NEXT]),
        tuple(ahead[SHOWN_NEXT:]),
        tuple(one for one in ordered if (one.order or 0) < reached),
        tuple(one for one in places if one.order is None),
    )


def substitutes(line: LineUp) -> dict[int, int]:
    """Return for each site that is watched the site to call instead, where there is one left; by site ids.

    Only a site whose own equipment is proven and connected stands in, since it may be called the next moment: first
    those that speak later, then those not in the order.
    Each stands in for one only, so that two failures at once do not end with one substitute.
    """
    rest = (one for one in (*line.later, *line.silent) if one.is_connected)
    ready = [one.conclusion.site_id for one in rest if one.conclusion.action in CAN_STAND_IN]
    return dict(zip((one.conclusion.site_id for one in line.watched), ready, strict=False))


def following(orders: Collection[int], speaking: int | None, *, step: int) -> int | None:
    """Return the place in the order that a step on (1) or back (-1) leads to; None: before the first.

    On from the last is beyond it: everybody has spoken.
    """
    reached = speaking or 0
    if step > 0:
        last = max(orders, default=0)
        return min((order for order in orders if order > reached), default=last + 1 if orders else None)
    return max((order for order in orders if order < reached), default=None)


def _by_order(one: Place) -> tuple[int, int]:
    return one.order or 0, one.conclusion.site_id
