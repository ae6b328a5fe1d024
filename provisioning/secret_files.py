"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

KEY_BYTES = 32


def write(path: Path, content: bytes) -> None:
    """Replace the file by this content, mode 0600; a crash leaves the old file or the new one, never a part."""
    draft = _draft(path, content)
    draft.replace(path)
    _sync_folder(path.parent)


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the file's content; where there is no file, make it first. Of two who make it at once, one wins."""
    if not path.exists():
        draft = _draft(path, make())
        try:
            path.hardlink_to(draft)
            _sync_folder(path.parent)
        except FileExistsError:
            pass  # another program was quicker; its content is the one
        finally:
            draft.unlink()
    return path.read_bytes()


def key(folder: Path, name: str) -> bytes:
    """Return the 256-bit key of this name in the folder, made at random on first use."""
    return bytes.fromhex(read_or_make(folder / name, lambda: secrets.token_hex(KEY_BYTES).encode()).decode())


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
