"""What ingest does once a day beside its work: it takes away what is too old, a short transaction at a time."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine

from collector.store.kept import HISTORY_DAYS, REPORT_DAYS
from collector.store.prune import Pruned, prune
from contract.clock import DAY_US, HOUR_US

_AT_US = 19 * HOUR_US  # two in the morning in Vietnam


class Daily:
    """The daily pruning: a step each time it is asked, from the first time on and then from two in the morning."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._day: int | None = None
        self._steps: Iterator[Pruned] = iter(())

    def step(self, now: int) -> Pruned | None:
        """Take one transaction's worth away; None: nothing is left to do today."""
        day = (now - _AT_US) // DAY_US
        if day != self._day:
            self._day = day
            self._steps = prune(self._engine, now, REPORT_DAYS, HISTORY_DAYS)
        return next(self._steps, None)
