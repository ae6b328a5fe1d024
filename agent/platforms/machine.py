"""What a platform's readers are given, and what they give back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, NamedTuple, Sequence

from contract.findings import Camera, Display, Health, Network, Power, Sound

_TIMEOUT_S = 15.0


class Machine(NamedTuple):
    """The machine to read: a test gives a folder for its files and recorded outputs for its programs."""

    root: Path
    run: Callable[[Sequence[str]], str]  # a program with its arguments; returns what it prints


class Reader(NamedTuple):
    """How a platform reads a machine: findings whole, and single facts for probes that psutil reads most of."""

    camera: Callable[[Machine], Camera]
    sound: Callable[[Machine], Sound]
    display: Callable[[Machine], Display]
    power: Callable[[Machine], Power]
    network: Callable[[Machine], Network]
    gateway: Callable[[Machine], str]  # hardware address of the default route's router: never sent, nor recorded
    temperature_c: Callable[[Machine], float]
    disk_health: Callable[[Machine], Health]
    distribution: Callable[[Machine], str]
    record: Callable[[Machine], Dict[str, Any]]  # what was read, without anything personal, for a test to replay


def run(command: Sequence[str]) -> str:
    """Run a program and return what it prints, read as UTF-8; raises OSError, and RuntimeError when it fails."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.SubprocessError as error:
        raise RuntimeError(type(error).__name__) from error
    return ended.stdout.decode("utf-8-sig", "replace")
