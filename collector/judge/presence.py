"""Why a device is not connected: shut down, asleep, off because its site is closed, or lost while it should be on.

A PC switched off overnight is nobody's fault: when the site is closed and has been since the device went, it is off
hours, or without power by an announced cut, whatever the device said last. This explains, and judges nothing: levels
are the presence rule's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from collector.judge.calendar import Stretch

KINDS = ("connected", "asleep", "stopped", "off_hours", "power_cut", "lost", "never")
EXCUSED = ("off_hours", "power_cut")  # whatever the device said last
LEAVES_EARLY_US = 3_600_000_000  # our own choice: who switches off within the last hour has gone home


class Explained(NamedTuple):
    """What is with a device; times in microseconds UTC."""

    kind: str  # of KINDS
    state: str = ""  # as the device or the broker said it last; empty: never connected
    since_at: int | None = None  # connected, stopped, asleep; last heard of where it is lost
    opened_at: int | None = None  # it is open now, and the device has been away since before
    opens_at: int | None = None  # it is closed now; None as well where no opening is known


NEVER = Explained("never")


def explain(state: str | None, since_at: int | None, heard_at: int | None, stretch: Stretch) -> Explained:
    """Return what is with a device of a site whose present stretch, open or closed, is this one.

    state: connected, stopped, asleep, lost, or None before it first spoke, and then so are the times.
    """
    if state is None or since_at is None:
        return NEVER
    if state == "connected":
        return Explained(state, state, since_at)
    gone_at = (state == "lost" and heard_at) or since_at  # lost is said late: by the will, or after a silence
    turned_at = stretch.starts_at
    if stretch.is_open:
        return Explained(state, state, gone_at, opened_at=turned_at if turned_at and gone_at < turned_at else None)
    was_open_without_it = turned_at is not None and gone_at + LEAVES_EARLY_US < turned_at
    excused = "power_cut" if stretch.is_cut else "off_hours"
    return Explained(state if was_open_without_it else excused, state, gone_at, opens_at=stretch.ends_at)


def best(devices: Iterable[Explained]) -> Explained:
    """Return what is with a site by its devices: a connected one, else the one that went last."""
    return max(devices, key=lambda found: (found.kind == "connected", found.since_at or 0), default=NEVER)
