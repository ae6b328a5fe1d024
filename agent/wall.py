"""What this machine knows of its wall clock: how far it was ahead of the centre's, until it is set or jumps."""

from __future__ import annotations

from typing import Optional

from agent import trust
from contract.clock import Clock, Moment

_MOST_DRIFT_MS = 60_000  # between the two clocks since then; more is a wall clock that was set


class Wall:
    """The wall clock of this machine, as far as it can be believed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms: Optional[float] = None
        self._learnt: Optional[Moment] = None

    def learn(self, offset_ms: Optional[float]) -> None:
        """Take what a probe server's answers told: how far we are ahead of it; None: nothing was learnt."""
        if offset_ms is not None:
            self._offset_ms, self._learnt = offset_ms, self._clock.now()

    def is_plausible(self) -> bool:
        """Tell whether the clock can be right, as far as we know."""
        now = self._clock.now()
        return trust.is_plausible(now.wall_us, None if self._has_jumped(now) else self._offset_ms)

    def _has_jumped(self, now: Moment) -> bool:
        """Tell whether what was learnt is of a clock that has been set since: it says nothing any more."""
        if self._learnt is None:
            return False
        wall_ms = (now.wall_us - self._learnt.wall_us) / 1000
        return abs(wall_ms - (now.mono_ms - self._learnt.mono_ms)) > _MOST_DRIFT_MS
