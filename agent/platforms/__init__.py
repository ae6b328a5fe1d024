"""How each operating system is read. A probe says what is measured; a platform says where that stands.

To add a platform: its module with a `READER`, and its line in `reader`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Mapping

from agent.platforms.machine import Machine, Reader, run


def this_machine() -> Machine:
    """Return the machine we run on."""
    return Machine(Path("/"), run)


def name_of(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> str:
    """Return which platform this is: linux, android, windows, macos or other."""
    if platform == "android" or (platform.startswith("linux") and "ANDROID_ROOT" in environ):
        return "android"  # Termux's Python below 3.13 calls itself linux
    return {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(platform, "other")


def reader(name: str) -> Reader:
    """Return how a platform is read; only its own module is imported."""
    if name == "linux":
        from agent.platforms.linux import READER

        return READER
    if name == "android":
        from agent.platforms.android import READER as ANDROID

        return ANDROID
    if name == "macos":
        from agent.platforms.macos import READER as MACOS

        return MACOS
    if name == "windows":
        from agent.platforms.windows import READER as WINDOWS

        return WINDOWS
    from agent.platforms.other import READER as OTHER

    return OTHER
