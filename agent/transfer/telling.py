"""A sequential test that tells how far it is, for the person who waits."""

from __future__ import annotations

from typing import Callable, Optional

from agent.formulas.sequential import Need, Result, SequentialTest

_EVERY_S = 0.3


class ToldTest(SequentialTest):
    """Tells `STEP SHARE MBPS` every 300 ms: the share of what it may move, and how fast it went since."""

    def __init__(
        self, need: Need, round_trip_s: float, most_bytes: int, step: str, tell: Callable[[str], None]
    ) -> None:
        super().__init__(need, round_trip_s, most_bytes)
        self._step = step
        self._tell = tell
        self._all_bytes = 0
        self._since_bytes = 0
        self._since_s = 0.0

    def add(self, moved_bytes: int, seconds: float) -> Optional[Result]:
        """Add a bin, as the test itself does."""
        self._all_bytes += moved_bytes
        self._since_bytes += moved_bytes
        self._since_s += seconds
        if self._since_s >= _EVERY_S:
            share = min(1.0, self._all_bytes / max(1, self.most_bytes))
            self._tell(f"{self._step} {share:.2f} {self._since_bytes * 8e-6 / self._since_s:.1f}")
            self._since_bytes, self._since_s = 0, 0.0
        return super().add(moved_bytes, seconds)
