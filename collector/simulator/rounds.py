"""Which probes a device runs together, as the real agent does."""

from __future__ import annotations

EQUIPMENT = ("camera", "sound", "display", "power")
LIGHT = ("host", "network", "path", "software", "clock", *EQUIPMENT)
LINE = ("line", "path")
INVENTORY = ("host", "network", "software", *EQUIPMENT)
EVERYTHING = ("host", "network", "software", "clock", *EQUIPMENT, "line", "path")


class Round:
    """A round that goes on, and what it will report once it is over."""

    __slots__ = ("done", "ends_at_s", "occasion", "probes")

    def __init__(self, ends_at_s: float, occasion: str, probes: tuple[str, ...], done: tuple[str, ...] = ()) -> None:
        self.ends_at_s = ends_at_s
        self.occasion = occasion
        self.probes = probes
        self.done = done
