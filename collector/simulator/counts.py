"""What the simulator counts: connections, reports, and how long their acknowledgements took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

_STEP = 1.1  # each class of latencies ends 10 % above the one before
_FIRST_S = 0.001
_CLASSES = 128


class Latencies:
    """A histogram of seconds, exact to 10 %, that can be added to another."""

    def __init__(self, counts: Iterable[int] = ()) -> None:
        self.counts = [*counts] or [0] * _CLASSES

    def add(self, seconds: float) -> None:
        """Count one."""
        found, end_s = 0, _FIRST_S
        while end_s < seconds and found < _CLASSES - 1:
            found, end_s = found + 1, end_s * _STEP
        self.counts[found] += 1

    def __iadd__(self, other: Latencies) -> Latencies:
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        return self

    def percentile_s(self, share: float) -> float | None:
        """Return the time that this share of all stayed within; None when there is none."""
        wanted, seen = share * sum(self.counts), 0
        for number, count in enumerate(self.counts):
            seen += count
            if count and seen >= wanted:
                return float(_FIRST_S * _STEP**number)
        return None


class Tally:
    """The sums over all devices of a process, and over processes."""

    FIELDS = (
        "devices",  # that take part, enrolled or not yet
        "connected",
        "reported",  # devices of which the centre has acknowledged a report
        "accepted",  # reports: made, settled by the centre, waiting, dropped for space
        "settled",
        "spooled",
        "dropped",
        "snapshots",
        "commands",
        "lost",  # connections, and tries to make one
        "unenrolled",  # whose code was not taken
    )

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.latencies = Latencies()
        self.trouble = ""  # why the last connection was lost

    @classmethod
    def read(cls, told: dict[str, Any]) -> Tally:
        """Return a tally that another process wrote by `write`."""
        tally = cls()
        tally.counts.update({name: told[name] for name in cls.FIELDS})
        tally.latencies, tally.trouble = Latencies(told["latencies"]), told["trouble"]
        return tally

    def write(self) -> dict[str, Any]:
        """Return the tally as JSON for another process."""
        return {
            **{name: self.counts[name] for name in self.FIELDS},
            "latencies": self.latencies.counts,
            "trouble": self.trouble,
        }

    def __iadd__(self, other: Tally) -> Tally:
        self.counts.update(other.counts)
        self.latencies += other.latencies
        self.trouble = other.trouble or self.trouble
        return self

    @property
    def is_balanced(self) -> bool:
        """Whether no report is missing in the devices' own books."""
        c = self.counts
        return c["accepted"] == c["settled"] + c["spooled"] + c["dropped"]
