"""Who this device is: the secrets it keeps, and a hash of its machine."""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import sys
import uuid
from contextlib import suppress
from pathlib import Path

from agent import paths

_MULTICAST = 1 << 40  # set in a hardware address that uuid.getnode made up


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


def machine() -> str:
    """Return a hash of this machine's hardware address and installation id: a copied disk meets another address."""
    node = uuid.getnode()
    address = "" if node & _MULTICAST else f"{node:012x}"
    return hashlib.sha256(f"diemcau {address} {_installation()}".encode()).hexdigest()[:32]


def _installation() -> str:
    try:
        if sys.platform == "win32":
            import winreg

            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
                return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        if sys.platform == "darwin":
            return subprocess.run(
                ["/usr/sbin/sysctl", "-n", "kern.uuid"], capture_output=True, text=True, timeout=5, check=True
            ).stdout.strip()
        return Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, subprocess.SubprocessError):
        return ""
