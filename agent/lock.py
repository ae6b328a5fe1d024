"""One resident a home: two would fight over the presence, and over who checkpoints the spool."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO, Optional


def hold(file: Path) -> Optional[BinaryIO]:
    """Take the lock and return what keeps it while it is open; None when another program has it. Raises OSError."""
    stream = file.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            stream.seek(0)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        return None
    return stream
