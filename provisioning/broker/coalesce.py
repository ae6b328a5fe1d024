"""Runs an action for many who ask at once: those who come while it runs share the next run."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Coalesced:
    """An action that each caller sees done after asking, in as few runs as that takes; safe from many threads."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action
        self._asking = threading.Lock()
        self._running = threading.Lock()
        self.asked = 0  # calls so far
        self._covered = 0  # all who asked up to this number have had a run that began after they asked
        self._error: Exception | None = None

    def __call__(self) -> None:
        """Return after a run that began after this call; raises what that run raised."""
        with self._asking:
            self.asked += 1
            mine = self.asked
        with self._running:
            if self._covered < mine:
                self._run()
            if self._error is not None:
                raise RuntimeError("the shared run failed") from self._error

    def _run(self) -> None:
        with self._asking:
            covers = self.asked
        try:
            self._action()
            self._error = None
        except Exception as error:  # noqa: BLE001 - told to everybody who shares this run
            self._error = error
        self._covered = covers
