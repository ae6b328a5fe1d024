"""A machine as a folder of files, which a test writes, and screens as they tell of themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.platforms.machine import Machine

SERIAL = 0x5EC12E7
NAME = b"TV co Lan"


def _no_program(command: object) -> str:
    raise FileNotFoundError(command)


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Machine]:
    """A function that lays files under a root and returns the machine they make.

    A file's content is a text, bytes, None for a folder, or one of what `agent.platforms.tree` writes.
    """

    def machine(files: dict[str, Any], run: Callable[..., str] = _no_program) -> Machine:
        root = tmp_path / "machine"
        for name in ("sys/class", "proc", "dev", "etc"):
            (root / name).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            _lay(root / name, content)
        return Machine(root, run)

    return machine


def _lay(place: Path, content: Any) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        place.mkdir(exist_ok=True)
    elif isinstance(content, str):
        place.write_text(content, encoding="utf-8")
    elif isinstance(content, bytes):
        place.write_bytes(content)
    elif "link" in content:
        place.symlink_to(content["link"])
    elif "hex" in content:
        place.write_bytes(bytes.fromhex(content["hex"]))
    else:
        place.mkdir()  # a file that answers with an error: reading a folder does too


@pytest.fixture(scope="session")
def edid() -> Callable[..., bytes]:
    """A function that puts an EDID together by VESA E-EDID 1.4 and CTA-861, with a serial number and a name."""

    def edid(width_px: int, height_px: int, width_cm: int, height_cm: int, has_sound: bool | None = None) -> bytes:
        """has_sound: as its extension says; None for a screen without an extension."""
        block = bytearray(128)
        block[:8] = bytes.fromhex("00ffffffffffff00")
        block[12:16] = SERIAL.to_bytes(4, "little")
        block[16:20] = bytes((33, 31, 1, 4))
        block[21:23] = bytes((width_cm, height_cm))
        block[54:56] = (14_850).to_bytes(2, "little")
        block[56], block[58] = width_px & 0xFF, width_px >> 4 & 0xF0
        block[59], block[61] = height_px & 0xFF, height_px >> 4 & 0xF0
        block[72:90] = b"\0\0\0\xfc\0" + NAME.ljust(13)
        block[126] = has_sound is not None
        block[127] = -sum(block) % 256
        if has_sound is None:
            return bytes(block)
        extension = bytearray(128)
        extension[:4] = bytes((2, 3, 4, 0x40 if has_sound else 0))
        extension[4 : 4 + len(NAME)] = NAME
        extension[127] = -sum(extension) % 256
        return bytes(block + extension)

    return edid
