"""What the resident says: to stderr where there is one, and into a file and the one before it, of bounded size.

The logging module could do it for 0.4 MB of the resident's memory, and its handlers for 0.35 more. Nothing here ever
stops the agent: a disk that is full or may only be read costs lines.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import List

from agent import paths

MOST_BYTES = 512 * 1024  # of each of the two files
_MOST_LINE_BYTES = 16 * 1024  # a traceback, generously
_REPEAT_S = 3600  # a trouble that is told each second must not drive everything else out
_TIMES = "%Y-%m-%d %H:%M:%S %z"  # local time with its offset from UTC


class LogFile:
    """Appends to a file, which becomes `<name>.1` when it is full.

    It is opened for each line: what was in the way, a full disk or a folder that somebody removed, may be gone by then.
    """

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file = file
        self._most_bytes = most_bytes
        self._text, self._at_s = "", 0.0  # of the last line

    def write(self, text: str, at_s: float) -> None:
        """Write a line, or nothing when the disk does not take it, or when it says what the one before it said."""
        if text == self._text and abs(at_s - self._at_s) < _REPEAT_S:
            return
        with suppress(OSError):
            self._append(_line(text, at_s).encode("utf-8", "replace")[:_MOST_LINE_BYTES] + b"\n")
            self._text, self._at_s = text, at_s

    def _append(self, line: bytes) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._file.exists() and self._file.stat().st_size + len(line) > self._most_bytes:
            self._file.replace(before(self._file))
        with open(self._file, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
            stream.write(line)


_files: List[LogFile] = []  # that this program writes to


def start(folder: Path) -> None:
    """From now on write into the agent's folder too."""
    _files[:] = [LogFile(folder / paths.LOG)]


def tell(text: str) -> None:
    """Say something to whoever looks after this machine."""
    now_s = time.time()
    for file in _files:
        file.write(text, now_s)
    if sys.stderr is not None:  # pythonw.exe has none
        with suppress(OSError, ValueError):  # a terminal that is gone
            sys.stderr.write(_line(text, now_s) + "\n")


def tell_fault(text: str) -> None:
    """Say that the program failed, with the traceback of the error being handled."""
    import traceback

    tell(f"{text}\n{traceback.format_exc()}")


def before(file: Path) -> Path:
    """Return where a log file lies once it is full."""
    return file.with_name(file.name + ".1")


def last_line(folder: Path) -> str:
    """Return the last line of the log, empty when there is none; raises OSError when it cannot be read."""
    file = folder / paths.LOG
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _MOST_LINE_BYTES))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return lines[-1] if lines else ""


def _line(text: str, at_s: float) -> str:
    return f"{time.strftime(_TIMES, time.localtime(at_s))} {text}"
