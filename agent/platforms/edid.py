"""What a screen says of itself: VESA E-EDID 1.4, and the CTA-861 extension that televisions have.

Never the serial number or the name, which may be a person's.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

_HEADER = bytes.fromhex("00ffffffffffff00")
_BLOCK = 128
_TIMING = 54  # of the preferred timing, which is the first of four descriptors
_CTA_861 = 0x02
_BASIC_AUDIO = 0x40  # CTA-861, section 7.5: byte 3 of the extension

_SERIAL = slice(12, 18)  # of the screen, then the week and year it was made in
_DESCRIPTORS = range(54, 126, 18)


class EdidError(ValueError):
    """Not an EDID, or one cut off or damaged."""


class Edid(NamedTuple):
    """What is of use: the picture's size in pixels and centimetres (0: a projector), and whether it can sound."""

    width_px: int
    height_px: int
    width_cm: int
    height_cm: int
    has_sound: bool

    @property
    def diagonal_cm(self) -> Optional[int]:
        """Return how far it is from corner to corner, None when it does not tell, as projectors do not."""
        return round(math.hypot(self.width_cm, self.height_cm)) if self.width_cm and self.height_cm else None


def parse(edid: bytes) -> Edid:
    """Read an EDID; raises EdidError."""
    if len(edid) < _BLOCK or not edid.startswith(_HEADER) or sum(edid[:_BLOCK]) % 256:
        raise EdidError("no EDID, or a damaged one")
    timing = edid[_TIMING : _TIMING + 18]
    if not timing[0] | timing[1]:  # a pixel clock of 0 marks another kind of descriptor
        raise EdidError("no preferred timing")
    return Edid(
        width_px=timing[2] | (timing[4] & 0xF0) << 4,
        height_px=timing[5] | (timing[7] & 0xF0) << 4,
        width_cm=edid[21],
        height_cm=edid[22],
        has_sound=any(_is_sounding(edid[at : at + _BLOCK]) for at in range(_BLOCK, len(edid), _BLOCK)),
    )


def _is_sounding(extension: bytes) -> bool:
    is_whole = len(extension) == _BLOCK and sum(extension) % 256 == 0
    return is_whole and extension[0] == _CTA_861 and bool(extension[3] & _BASIC_AUDIO)


def anonymous(edid: bytes) -> bytes:
    """Return an EDID without serial number, date and texts, whole again by its checksums; another thing as nothing."""
    if len(edid) < _BLOCK or not edid.startswith(_HEADER):
        return b""
    base = bytearray(edid[:_BLOCK])
    base[_SERIAL] = bytes(6)
    for at in _DESCRIPTORS:
        if not base[at] | base[at + 1]:  # no timing: a text, or the range of frequencies
            base[at : at + 18] = bytes(18)
    extensions = [bytearray(edid[at : at + 4].ljust(_BLOCK, b"\0")) for at in range(_BLOCK, len(edid), _BLOCK)]
    for block in (base, *extensions):
        block[-1] = -sum(block[:-1]) % 256
    return bytes(base) + b"".join(map(bytes, extensions))
