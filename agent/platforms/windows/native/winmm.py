"""winmm, the sound of Windows since 3.1: how many devices there are."""

from __future__ import annotations

import ctypes
import sys

from agent.platforms.windows.sources import Waves

if sys.platform != "win32":
    raise ImportError("only on Windows")


def waves() -> Waves:
    """Return how many devices record and play."""
    winmm = ctypes.WinDLL("winmm")
    return Waves(inputs=winmm.waveInGetNumDevs(), outputs=winmm.waveOutGetNumDevs())
