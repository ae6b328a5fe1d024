"""Time as a value that travels: a moment on one device, and how old a thing is by such moments."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple, Tuple

SECOND_US = 1_000_000  # microseconds, as all moments are told
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US


class Moment(NamedTuple):
    """One instant on one machine: exact within a boot by `mono_ms`, and by the wall clock as far as that is right."""

    boot_id: str
    mono_ms: int
    wall_us: int


# Clocks that go on while the machine sleeps: Linux, macOS. Elsewhere, as on Windows, time.monotonic() does so itself.
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


class Clock:
    """The machine's clocks. Code that needs the time takes one of these, or a `now`, as an argument."""

    def __init__(self, boot_id: str = "") -> None:
        """Take the boot id that a parent process has read: where the kernel has none, each process makes its own."""
        self.boot_id = boot_id or read_boot_id()

    def now(self) -> Moment:
        """Return the present moment."""
        return Moment(self.boot_id, int(self.mono_s() * 1000), self.wall_us())

    def mono_s(self) -> float:
        """Return seconds since boot or process start, sleep included; never goes back."""
        return time.monotonic() if _SINCE_BOOT is None else time.clock_gettime(_SINCE_BOOT)

    def wall_us(self) -> int:
        """Return microseconds since 1970 UTC by the wall clock, which may be wrong; never below 0."""
        return wall_us()


def wall_us() -> int:
    """Return microseconds since 1970 UTC by this machine's wall clock; never below 0."""
    return max(0, time.time_ns() // 1000)


def read_boot_id() -> str:
    """Return the kernel's boot id, or where there is none a new one: then moments are exact within this run only."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        import uuid  # 0.1 MB that Linux never needs

        return str(uuid.uuid4())


def age_us(then: Moment, sent: Moment) -> Tuple[int, bool]:
    """Return how long before `sent` the moment `then` was, in microseconds, and whether that is uncertain.

    Within one boot the monotonic clock tells it exactly. Across boots only the wall clock does, which may have
    been set in between. A moment that seems to lie ahead has age 0 and is uncertain.
    """
    same_boot = then.boot_id == sent.boot_id
    age = (sent.mono_ms - then.mono_ms) * 1000 if same_boot else sent.wall_us - then.wall_us
    return max(0, age), not same_boot or age < 0
