"""Reads which functions a Windows program needs from the system, and tells those that older Windows lacks.

Form of the file: Microsoft, "PE Format", sections "Optional Header Data Directories" and "The .idata Section".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

# Windows 7 has none of these, nor has Wine 8, on which the installer is tried: pydantic-core 2.28 and later imports
# the first, so the bundle stays with 2.27.2 (pydantic/pydantic-core issue 1418).
LACKING = frozenset({"ProcessPrng", "WaitOnAddress", "WakeByAddressSingle", "WakeByAddressAll"})

_IMPORTS = 1  # the directory's number
_DESCRIPTOR_BYTES = 20
_IS_ORDINAL = {4: 1 << 31, 8: 1 << 63}


def lacking(folder: Path) -> list[str]:
    """Return `file: function` for everything under `folder` that needs a function of LACKING."""
    files = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".pyd", ".dll", ".exe"))
    return [f"{file.name}: {name}" for file in files for name in sorted(LACKING & set(imports(file.read_bytes())))]


def imports(image: bytes) -> Iterator[str]:
    """Yield the functions that a program or library imports by name; raises ValueError when it is neither."""
    try:
        yield from _Image(image).imports()
    except struct.error as error:
        raise ValueError("not a whole program of Windows") from error


class _Image:
    """The headers of a PE file."""

    def __init__(self, image: bytes) -> None:
        self._image = image
        (start,) = struct.unpack_from("<I", image, 0x3C)
        if image[:2] != b"MZ" or image[start : start + 4] != b"PE\0\0":
            raise ValueError("not a program of Windows")
        sections, optional_bytes = struct.unpack_from("<2xH12xH", image, start + 4)
        optional = start + 24
        is_64_bit = struct.unpack_from("<H", image, optional) == (0x20B,)
        self._pointer_bytes = 8 if is_64_bit else 4
        directories = optional + (112 if is_64_bit else 96)
        (self._descriptors,) = struct.unpack_from("<I", image, directories + 8 * _IMPORTS)
        rows = (optional + optional_bytes + 40 * n for n in range(sections))
        self._sections = [
            struct.unpack_from("<8x4I", image, row) for row in rows
        ]  # sizes and places in memory and file

    def imports(self) -> Iterator[str]:
        place = self._offset(self._descriptors) if self._descriptors else None
        while place is not None:
            names, _, _, library, addresses = struct.unpack_from("<5I", self._image, place)
            if not library:
                return
            yield from self._names(self._offset(names or addresses))
            place += _DESCRIPTOR_BYTES

    def _names(self, place: int) -> Iterator[str]:
        form = "<Q" if self._pointer_bytes == 8 else "<I"
        while pointer := struct.unpack_from(form, self._image, place)[0]:
            if not pointer & _IS_ORDINAL[self._pointer_bytes]:
                start = self._offset(pointer) + 2
                yield self._image[start : self._image.index(b"\0", start)].decode("ascii")
            place += self._pointer_bytes

    def _offset(self, address: int) -> int:
        """Return where in the file a place in memory lies."""
        for memory_bytes, memory, file_bytes, file in self._sections:
            if memory <= address < memory + max(memory_bytes, file_bytes):
                return int(file + address - memory)
        raise ValueError("an import lies outside of the file")
