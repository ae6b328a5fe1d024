"""Debian's own Python with the agent in it: the one that a site's machine runs, and that no other program here runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

BINARY = Path("/usr/bin/python3.11")
_BASE = ("click", "paho-mqtt", "psutil", "pydantic", "speedtest-cli")  # the agent's five, of pyproject.toml
_ROOT = Path(__file__).parents[2]
_PIN = re.compile(r"^[A-Za-z0-9._-]+==[^ ;\\]+", re.MULTILINE)


def make(folder: Path) -> Path:
    """Make an environment in `folder` with the five at the lock's versions and this project; return its Python."""
    if not BINARY.exists():
        raise SystemExit(f"{BINARY} is missing: apt-get install python3.11")
    subprocess.run([BINARY, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    pins = folder / "pins.txt"
    pins.write_text("\n".join(_PIN.findall((_ROOT / ".ci" / "requirements.lock").read_text())))
    pip = (sys.executable, "-m", "pip", "--quiet", "--quiet", "--python", python, "install", "--constraint", pins)
    subprocess.run([*pip, *_BASE], check=True)
    (folder / "lib" / "python3.11" / "site-packages" / "diemcau.pth").write_text(f"{_ROOT}\n")
    return python


def version() -> str:
    """Return the version of Debian's package."""
    command = ("dpkg-query", "--show", "--showformat=${Version}", BINARY.name)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
