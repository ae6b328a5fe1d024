"""Ends the resident from another program of the same person: installers and `diemcau-agent stop`.

By its lock, never by a name: whoever holds the lock of this folder is the one. On POSIX it is told by SIGTERM. Windows
has no signal that reaches a program without a window: there the resident looks for a file once a second.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable

from agent import lock, paths

_PATIENCE_S = 20.0  # a resident ends its round, says goodbye to the broker and closes its spool
_LAST_S = 5.0  # after it was ended by force
_LOOK_S = 1.0


def stop(folder: Path, patience_s: float = _PATIENCE_S, *, by_file: bool = sys.platform == "win32") -> bool:
    """End the resident of this folder, by force if it does not listen; return whether none runs any more.

    Raises OSError when it may not be ended, because it is another person's.
    """
    pid = lock.holder(folder / paths.LOCK)
    if pid is None:
        return True
    if by_file:
        (folder / paths.STOP).touch()
    elif pid:
        _send(pid, signal.SIGTERM)
    if _is_gone(folder, patience_s):
        return True
    pid = lock.holder(folder / paths.LOCK)  # another may have taken its place
    if pid:
        _send(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)  # there SIGTERM ends it by force
    return _is_gone(folder, _LAST_S)


class Wish:
    """Looks from now on for the file by which this program is asked to stop, and then calls `act`, in a thread."""

    def __init__(self, folder: Path, act: Callable[[], None]) -> None:
        self.act = act
        self._file = folder / paths.STOP
        _forget(self._file)  # an earlier wish is void
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._file.exists():
            time.sleep(_LOOK_S)
        _forget(self._file)
        self.act()


def _forget(file: Path) -> None:
    if file.exists():
        file.unlink()


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):  # it has ended meanwhile, as it should
        os.kill(pid, number)


def _is_gone(folder: Path, within_s: float) -> bool:
    deadline_s = time.monotonic() + within_s
    while lock.holder(folder / paths.LOCK) is not None:
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.1)
    return True
