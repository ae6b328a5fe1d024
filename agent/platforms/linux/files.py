"""The small files of /sys and /proc: one value each."""

from __future__ import annotations

from pathlib import Path
from typing import List


def text(file: Path) -> str:
    """Return what a file holds, without the line's end; raises OSError."""
    return file.read_text(encoding="utf-8", errors="replace").strip()


def number(file: Path) -> int:
    """Return the number that a file holds; raises OSError, ValueError."""
    return int(text(file))


def entries(folder: Path) -> List[Path]:
    """Return what lies in a class folder of /sys, in order; nothing when no driver of the class is loaded.

    Raises FileNotFoundError when there is no /sys at all: then nothing is known; PermissionError where we may not look.
    """
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        if folder.parent.is_dir():
            return []
        raise
