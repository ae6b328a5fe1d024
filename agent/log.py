"""The resident's log on disk: a file and the one before it, of bounded size, that never stop the agent.

logging.handlers could do it for 0.35 MB of the resident's memory.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import List

from agent import paths

MOST_BYTES = 512 * 1024  # of each of the two files
_MOST_LINE_BYTES = 16 * 1024  # a traceback, generously
_REPEAT_S = 3600  # a trouble that is told each second must not drive everything else out
_FORM, _TIMES = "%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S %z"  # local time with its offset from UTC


class LogFile(logging.Handler):
    """Appends to a file, which becomes `<name>.1` when it is full.

    It is opened for each line: what was in the way, a full disk or a folder that somebody removed, may be gone by then.
    """

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        super().__init__()
        self._file = file
        self._most_bytes = most_bytes
        self._text, self._at_s = "", 0.0  # of the last line

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or nothing when the disk does not take it, or when it says what the one before it said."""
        try:
            text = record.getMessage()
            if text == self._text and abs(record.created - self._at_s) < _REPEAT_S:
                return
            self._append(self.format(record).encode("utf-8", "replace")[:_MOST_LINE_BYTES] + b"\n")
            self._text, self._at_s = text, record.created
        except OSError:
            return
        except Exception:  # noqa: BLE001 - a line that cannot be formed must not end the agent either
            self.handleError(record)

    def _append(self, line: bytes) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._file.exists() and self._file.stat().st_size + len(line) > self._most_bytes:
            self._file.replace(before(self._file))
        with open(self._file, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
            stream.write(line)


def before(file: Path) -> Path:
    """Return where a log file lies once it is full."""
    return file.with_name(file.name + ".1")


def start(folder: Path) -> None:
    """Log into the agent's folder, and to stderr where there is one: pythonw.exe has none."""
    targets: List[logging.Handler] = [LogFile(folder / paths.LOG)]
    if sys.stderr is not None:
        targets.append(logging.StreamHandler(sys.stderr))
    logging.basicConfig(level=logging.INFO, format=_FORM, datefmt=_TIMES, handlers=targets)


def last_line(folder: Path) -> str:
    """Return the last line of the log, empty when there is none; raises OSError when it cannot be read."""
    file = folder / paths.LOG
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _MOST_LINE_BYTES))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return lines[-1] if lines else ""
