"""What hardware this machine is: facts that stay behind when its disk is copied, each as a hash.

Of each kind there may be several (two network cards), or none that can be read. Values that makers leave blank or
alike on many machines say nothing and are left out.
"""

from __future__ import annotations

import hashlib
import re
import sys
import uuid
from pathlib import Path
from typing import Dict, Iterable, Iterator, Optional, Tuple

Facts = Dict[str, Tuple[str, ...]]  # by kind: board, disk, card

_SAID_BY_MANY = re.compile(
    r"(.)\1*|03000200040005000006000700080009|00020003000400050006000700080009|QM0000\d"
    r"|.*(oem|default|serial|notspecified|notapplicable|none|unknown|12345).*",
    re.IGNORECASE,
)
_MULTICAST = 1 << 40  # set in a hardware address that uuid.getnode made up
_SMBIOS = 0x52534D42  # "RSMB", for GetSystemFirmwareTable


def facts(root: Path = Path("/")) -> Facts:
    """Return what can be read of this machine; a kind of which nothing can be read is left out."""
    found: Dict[str, Iterable[str]] = {
        "board": _board(root),
        "disk": _disks(root) if sys.platform == "linux" else (),
        "card": _cards(root) if sys.platform == "linux" else _address(),
    }
    hashed = {kind: tuple(sorted({_hash(kind, one) for one in ones if _says(one)})) for kind, ones in found.items()}
    return {kind: ones for kind, ones in hashed.items() if ones}


def is_other(kept: Facts, now: Facts) -> bool:
    """Tell whether these are two machines: nothing agrees of at least two kinds that are known of both.

    A new card, disk or board, or a dock, changes one kind; a card that changes where nothing else can be read proves
    nothing.
    """
    known = kept.keys() & now.keys()
    return len(known) >= 2 and not any(set(kept[kind]) & set(now[kind]) for kind in known)


def digest(now: Facts) -> Optional[str]:
    """Return a hash that tells this machine from a copy of its disk; None when nothing can be read.

    Of the first kind alone that can be read: a new card in a machine whose board is known is no other machine.
    """
    ones = next((now[kind] for kind in ("board", "disk", "card") if kind in now), None)
    return None if ones is None else hashlib.sha256(" ".join(("diemcau", *ones)).encode()).hexdigest()[:32]


def _hash(kind: str, value: str) -> str:
    return hashlib.sha256(f"diemcau {kind} {value.lower()}".encode()).hexdigest()[:16]


def _says(value: str) -> bool:
    return len(value) >= 4 and _SAID_BY_MANY.fullmatch(re.sub(r"[-: .]", "", value) or "0") is None


def _board(root: Path) -> Iterator[str]:
    if sys.platform == "linux":  # the first two: root alone may read them
        for name in (
            "sys/class/dmi/id/product_uuid",
            "sys/class/dmi/id/board_serial",
            "proc/device-tree/serial-number",
        ):
            yield _read(root / name)
    elif sys.platform == "win32":
        yield _smbios_uuid()


def _disks(root: Path) -> Iterator[str]:
    """Yield the serial numbers of disks that are built in."""
    for disk in _folders(root / "sys" / "block"):
        is_built_in = (disk / "device").exists() and _read(disk / "removable") != "1" and not _is_usb(disk)
        for name in ("serial", "device/serial", "wwid", "device/wwid", "device/cid"):
            if is_built_in:
                yield _read(disk / name)


def _cards(root: Path) -> Iterator[str]:
    """Yield the addresses of network cards that are built in, as the maker gave them (addr_assign_type 0)."""
    for card in _folders(root / "sys" / "class" / "net"):
        if (card / "device").exists() and not _is_usb(card) and _read(card / "addr_assign_type") == "0":
            yield _read(card / "address")


def _address() -> Iterator[str]:
    node = uuid.getnode()
    if not node & _MULTICAST:
        yield f"{node:012x}"


def _is_usb(place: Path) -> bool:
    return "/usb" in str(place.resolve()) or "/usb" in str((place / "device").resolve())


def _folders(place: Path) -> Iterable[Path]:
    try:
        return sorted(place.iterdir())
    except OSError:
        return ()


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip("\x00 \n")
    except OSError:
        return ""


def _smbios_uuid() -> str:
    """Return the UUID of the system (DMTF DSP0134, type 1, offset 8) as hex digits, empty where there is none."""
    import ctypes

    ask = ctypes.windll.kernel32.GetSystemFirmwareTable  # type: ignore[attr-defined]
    size = ask(_SMBIOS, 0, None, 0)
    table = ctypes.create_string_buffer(size)
    ask(_SMBIOS, 0, table, size)
    return smbios_uuid(table.raw)


def smbios_uuid(table: bytes) -> str:
    """Read it out of what GetSystemFirmwareTable returns: 8 bytes, then the structures."""
    at = 8
    while at + 4 <= len(table):
        kind, length = table[at], table[at + 1]
        if kind == 1 and length >= 24:
            return table[at + 8 : at + 24].hex()
        end = table.find(b"\x00\x00", at + length)  # of the texts that follow each structure
        if length < 4 or end < 0:
            break
        at = end + 2
    return ""
