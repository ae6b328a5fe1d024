"""Screens: monitors that are present, what they say of themselves (EDID), and how WMI says they are plugged in.

Not what the desktop says: where nobody is logged in, it is a screen of 1024x768 that does not exist.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from agent.facts import fact, found
from agent.platforms.edid import Edid
from agent.platforms.windows.powershell import rows
from agent.platforms.windows.sources import Monitor, Sources
from contract.findings import Display

_PLUGS = {  # D3DKMDT_VIDEO_OUTPUT_TECHNOLOGY of d3dkmdt.h
    0: "vga",
    4: "dvi",
    5: "hdmi",
    6: "internal",  # LVDS
    10: "displayport",
    11: "internal",  # embedded DisplayPort
    13: "internal",  # embedded UDI
    0x80000000: "internal",
}


def read(sources: Sources) -> Display:
    """Read the screens that are plugged in; size and speakers are the largest one's."""
    return found(
        Display,
        display_count=fact(lambda: len(_working(sources))),
        plugs=fact(lambda: _plugs(sources.wmi())[:16]),
        width_px=fact(lambda: _size_px(sources)[0]),
        height_px=fact(lambda: _size_px(sources)[1]),
        diagonal_cm=fact(lambda: _largest(sources).diagonal_cm),
        has_speakers=fact(lambda: _largest(sources).has_sound),
    )


def _plugs(wmi: Dict[str, Any]) -> List[str]:
    connections = rows(wmi, "WmiMonitorConnectionParams")
    return [_PLUGS.get(row["VideoOutputTechnology"], "other") for row in connections if row["Active"]]


def _working(sources: Sources) -> List[Monitor]:
    return [monitor for monitor in sources.monitors() if monitor["is_working"]]


def _largest(sources: Sources) -> Edid:
    """Return what the screen with the most pixels says of itself; raises LookupError when none says anything."""
    told = [Edid(**monitor["edid"]) for monitor in _working(sources) if monitor["edid"] is not None]
    if not told:
        raise LookupError("no screen tells")
    return max(told, key=lambda edid: edid.width_px * edid.height_px)


def _size_px(sources: Sources) -> Tuple[int, int]:
    """Return the largest screen's size, or when no screen tells, the largest picture that a graphics card sends."""
    working = _working(sources)
    if working and all(monitor["edid"] is None for monitor in working):
        return _sent_px(sources.wmi())
    largest = _largest(sources)
    return largest.width_px, largest.height_px


def _sent_px(wmi: Dict[str, Any]) -> Tuple[int, int]:
    cards = rows(wmi, "Win32_VideoController")
    sizes = [(row["CurrentHorizontalResolution"], row["CurrentVerticalResolution"]) for row in cards]
    sent = [size for size in sizes if size[0] is not None]
    if not sent:
        raise LookupError("no picture")
    return max(sent)
