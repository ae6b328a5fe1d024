"""One resident a home: two would fight over the presence, and over who checkpoints the spool."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Optional

_LOOK_S = 0.2  # for how long somebody else may hold it who only looks whether it is held
_LOCKED_BYTE = 1 << 20  # on Windows nobody else reads what is locked, and the number before it must be read
_WIDTH = 10  # of a process's number


def hold(file: Path) -> Optional[BinaryIO]:
    """Take the lock and return what keeps it while it is open; None when another program has it. Raises OSError."""
    stream = _open(file)
    if not _take(stream):
        time.sleep(_LOOK_S)
        if not _take(stream):
            stream.close()
            return None
    try:
        os.utime(str(file))  # tells since when it is held
        stream.seek(0)
        stream.write(f"{os.getpid():{_WIDTH}}".encode("ascii"))  # and by whom: a full disk has room where the last was
    except OSError:  # which must not keep it from running
        with suppress(OSError):
            stream.truncate(0)  # the last one's number may be another program's now
    return stream


def held_since(file: Path) -> Optional[float]:
    """Return since when another program holds the lock, in seconds since 1970; None when none does. Raises OSError."""
    return file.stat().st_mtime if _is_held(file) else None


def holder(file: Path) -> Optional[int]:
    """Return the process that holds the lock; 0 when it could not say which it is, None when none does.

    Raises OSError.
    """
    return int(file.read_bytes() or b"0") if _is_held(file) else None


def _is_held(file: Path) -> bool:
    if not file.exists():
        return False
    with _open(file) as stream:
        return not _take(stream)


def _take(stream: BinaryIO) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(_LOCKED_BYTE)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _open(file: Path) -> BinaryIO:
    try:
        descriptor = os.open(str(file), os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        return os.fdopen(descriptor, "r+b", buffering=0)
    except OSError:  # a disk that can only be read: an earlier start has left the file
        return file.open("rb")
