"""kernel32: what the machine runs on."""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

from agent.platforms.windows.sources import Supply

if sys.platform != "win32":
    raise ImportError("only on Windows")


class _Status(ctypes.Structure):
    """SYSTEM_POWER_STATUS of winbase.h."""

    _fields_ = (
        ("ac_line", ctypes.c_ubyte),
        ("battery_flag", ctypes.c_ubyte),
        ("battery_pct", ctypes.c_ubyte),
        ("system_flag", ctypes.c_ubyte),
        ("left_s", wintypes.DWORD),
        ("full_s", wintypes.DWORD),
    )


def supply() -> Supply:
    """Return whether mains are on and how full the batteries are, all taken together; raises OSError."""
    status = _Status()
    if not ctypes.WinDLL("kernel32", use_last_error=True).GetSystemPowerStatus(ctypes.byref(status)):
        raise ctypes.WinError(ctypes.get_last_error())
    return Supply(ac_line=status.ac_line, battery_flag=status.battery_flag, battery_pct=status.battery_pct)
