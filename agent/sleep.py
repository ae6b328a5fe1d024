"""Whether this machine sleeps: said by the operating system before and after, and found out by its clocks afterwards.

Linux: SIGUSR1 before and SIGUSR2 after, sent by the hook in `provisioning/bundle/linux`, which waits for the mark
below. Windows 8 and later: a callback; not tried on a real Windows yet. Elsewhere the clocks alone tell.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, List, NamedTuple, Optional, Union

LEAST_S = 5.0  # a shorter sleep breaks nothing
_PATIENCE_S = 60.0  # a sleep that was announced and has not come by then was called off
_SAID_WITHIN_S = 1.5  # Windows gives a callback about two seconds

# What Windows says to a callback, and that we want one (winuser.h)
_SUSPEND, _RESUME, _RESUME_AUTOMATIC = 4, 7, 18
_DEVICE_NOTIFY_CALLBACK = 2
_kept: List[Any] = []  # what Windows points to for as long as the program runs


class FallsAsleep(NamedTuple):
    """The machine is about to sleep."""


class Woke(NamedTuple):
    """The machine has slept, or was about to and did not."""

    slept_s: float


class Sleep:
    """What is known of the machine's sleep: `look` at each turn; `falls` and `ends` may come from anywhere."""

    def __init__(self, mark: Path, slept_s: Optional[Callable[[], float]] = None) -> None:
        """Take the file that says that the centre was told; slept_s: how long the machine has slept since boot."""
        self.ring: Callable[[], None] = lambda: None  # ends the wait of the loop that looks
        self._mark = mark
        self._slept_s = slept_s or read_slept_s
        self._seen_s = self._slept_s()
        self._near_until_s = 0.0
        self._is_near = False  # as the last look found it
        self._is_said = threading.Event()
        self._unsay()

    def listen(self) -> None:
        """Have the operating system tell of sleep, as far as it does."""
        if sys.platform == "win32":
            _listen_on_windows(self)
        else:
            signal.signal(signal.SIGUSR1, lambda *_: self.falls())
            signal.signal(signal.SIGUSR2, lambda *_: self.ends())

    @property
    def is_near(self) -> bool:
        """Tell whether the machine is about to sleep."""
        return time.monotonic() < self._near_until_s

    def falls(self) -> None:
        """Hear that the machine is about to sleep."""
        self._near_until_s = time.monotonic() + _PATIENCE_S
        self.ring()

    def ends(self) -> None:
        """Hear that the machine is awake."""
        self._near_until_s = 0.0
        self.ring()

    def look(self) -> Union[FallsAsleep, Woke, None]:
        """Return what has happened since the last look."""
        before_s, self._seen_s = self._seen_s, self._slept_s()
        slept_s = self._seen_s - before_s
        if slept_s >= LEAST_S:
            self.ends()
        was_near, self._is_near = self._is_near, self.is_near
        if self._is_near:
            return None if was_near else FallsAsleep()
        if not was_near and slept_s < LEAST_S:
            return None
        self._unsay()
        return Woke(slept_s)

    def say(self) -> None:
        """Let whoever holds the sleep back for us know that the centre was told."""
        self._is_said.set()
        with suppress(OSError):
            self._mark.touch()

    def wait_until_said(self, timeout_s: float) -> None:
        """Wait, in another thread than the loop's, until `say` was called."""
        self._is_said.wait(timeout_s)

    def _unsay(self) -> None:
        self._is_said.clear()
        with suppress(OSError):
            self._mark.unlink()


def hold_off() -> None:
    """Ignore what tells of sleep until somebody listens: a signal that nobody takes would end the program."""
    if sys.platform != "win32":
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)  # goes on through exec


def read_slept_s() -> float:
    """Return for how many seconds this machine has slept, up to a constant; grows by sleep alone."""
    if sys.platform == "win32":
        return _slept_on_windows_s()
    going_on = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS has the second, which goes on there
    return time.clock_gettime(going_on) - time.monotonic()


def _slept_on_windows_s() -> float:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    kernel.GetTickCount64.restype = ctypes.c_ulonglong  # milliseconds, sleep included
    awake = ctypes.c_ulonglong()  # 100 ns, sleep left out
    kernel.QueryUnbiasedInterruptTime(ctypes.byref(awake))
    return float(kernel.GetTickCount64()) / 1e3 - awake.value / 1e7


def _listen_on_windows(sleep: Sleep) -> None:
    import ctypes

    routine = ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p)  # type: ignore[attr-defined]

    class Parameters(ctypes.Structure):
        """DEVICE_NOTIFY_SUBSCRIBE_PARAMETERS of powrprof.h."""

        _fields_ = (("callback", routine), ("context", ctypes.c_void_p))

    def told(_context: Any, kind: int, _setting: Any) -> int:
        if kind == _SUSPEND:
            sleep.falls()
            sleep.wait_until_said(_SAID_WITHIN_S)
        elif kind in (_RESUME, _RESUME_AUTOMATIC):
            sleep.ends()
        return 0

    with suppress(OSError, AttributeError):  # Windows 7 does not know it
        register = ctypes.windll.powrprof.PowerRegisterSuspendResumeNotification  # type: ignore[attr-defined]
        parameters, handle = Parameters(routine(told), None), ctypes.c_void_p()
        _kept.append(parameters)
        register(_DEVICE_NOTIFY_CALLBACK, ctypes.byref(parameters), ctypes.byref(handle))
