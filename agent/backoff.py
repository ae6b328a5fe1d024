"""How long to wait before trying a broker again: full jitter, and forgiven only by a connection that lasted.

A broker that throws devices off right after admitting them would otherwise be stormed by all of them at once.
"""

from __future__ import annotations

from typing import NamedTuple


class Backoff(NamedTuple):
    """The limits of waiting, in seconds."""

    first_s: float = 1.0
    most_s: float = 300.0
    stable_s: float = 300.0  # a connection that lasted this long clears what failed before it

    def delay_s(self, failures: int, chance: float) -> float:
        """Return the wait after this many failures in a row (1 or more); chance: a random number from 0 to 1."""
        return chance * min(self.most_s, self.first_s * 2.0 ** min(failures, 64))

    def failures_after(self, failures: int, lasted_s: float) -> int:
        """Return how many failures count once a connection that lasted `lasted_s` is lost; 0.0: never admitted."""
        return 1 if lasted_s >= self.stable_s else failures + 1
