"""Who this device is: the secrets it keeps."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from agent import paths


def keep_password(folder: Path) -> str:
    """Return the device's password, made on first use: 192 random bits, on disk before anybody is told.

    So that enrolling again after an answer was lost is the same device, and not a further one.
    """
    file = folder / paths.PASSWORD
    if not file.exists():
        paths.write_private(paths.make_private(folder) / file.name, secrets.token_urlsafe(24).encode("ascii"))
    return file.read_text(encoding="ascii").strip()


def forget_password(folder: Path) -> None:
    """Forget the password, so that this machine becomes a device of its own."""
    with suppress(FileNotFoundError):
        (folder / paths.PASSWORD).unlink()


def keep_permit_key(folder: Path, key: str) -> None:
    """Keep the key that answers a probe server's nonce."""
    paths.write_private(folder / paths.PERMIT_KEY, key.encode("ascii"))


def permit_key(folder: Path) -> str:
    """Return that key; raises OSError when this machine has none."""
    return (folder / paths.PERMIT_KEY).read_text(encoding="ascii").strip()
