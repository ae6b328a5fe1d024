"""Notices that something was plugged in or pulled out, so that the equipment is read again before its hour.

Only lists of names are looked at, every minute, because this runs in the resident; what they mean is for the
round's probes. Linux alone can be looked at so cheaply: elsewhere nothing ever seems to change.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Tuple

LOOK_EVERY_S = 60.0
LEAST_BETWEEN_S = 600.0  # a loose plug must not start one round after another
_FOLDERS = ("video4linux", "sound", "drm", "power_supply")


def look(root: Path = Path("/")) -> Tuple[str, ...]:
    """Return names of what is plugged in: devices, and screens with whether they are connected."""
    folder = root / "sys" / "class"
    seen = [f"{name}/{device}" for name in _FOLDERS for device in _names(folder / name)]
    return (*seen, *(f"{name} {_first_line(folder / 'drm' / name / 'status')}" for name in _names(folder / "drm")))


class Plugged:
    """Looks now and then, and tells once of a change that has lasted from one look to the next."""

    def __init__(self, look: Callable[[], Tuple[str, ...]], now_s: float) -> None:
        self._look = look
        self._known = self._last = look()
        self._look_at_s = now_s + LOOK_EVERY_S
        self._quiet_until_s = 0.0

    def has_changed(self, now_s: float) -> bool:
        """Tell whether what is plugged in is other than when this last said so, and stays so."""
        if now_s < self._look_at_s:
            return False
        self._look_at_s = now_s + LOOK_EVERY_S
        before, self._last = self._last, self._look()
        if self._last == self._known or self._last != before or now_s < self._quiet_until_s:
            return False
        self._known = self._last
        self._quiet_until_s = now_s + LEAST_BETWEEN_S
        return True


def _names(folder: Path) -> Tuple[str, ...]:
    try:
        return tuple(sorted(os.listdir(folder)))  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return ()


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
