"""Screens: connectors of the graphics driver (DRM) with something plugged in, and what it says of itself (EDID)."""

from __future__ import annotations

from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

from agent.facts import fact
from agent.platforms.edid import Edid, EdidError, parse
from agent.platforms.linux.files import entries, text
from agent.platforms.machine import Machine
from contract.findings import Display

_PLUGS = {  # the middle of a connector's name, card0-HDMI-A-1 (drivers/gpu/drm/drm_connector.c)
    "HDMI": "hdmi",
    "DP": "displayport",
    "DVI": "dvi",
    "VGA": "vga",
    "eDP": "internal",
    "LVDS": "internal",
    "DSI": "internal",
}


class Screen(NamedTuple):
    """One screen that is plugged in."""

    plug: str
    width_px: Optional[int]
    height_px: Optional[int]
    edid: Optional[Edid]


def read(machine: Machine) -> Display:
    """Read the screens that are plugged in; size and speakers are the largest one's."""
    return Display(
        display_count=fact(lambda: len(_screens(machine.root))),
        plugs=fact(lambda: [screen.plug for screen in _screens(machine.root)][:16]),
        width_px=fact(lambda: _largest(machine.root).width_px),
        height_px=fact(lambda: _largest(machine.root).height_px),
        diagonal_cm=fact(lambda: _diagonal_cm(_largest(machine.root).edid)),
        has_speakers=fact(lambda: _has_speakers(_largest(machine.root).edid)),
    )


def _screens(root: Path) -> List[Screen]:
    connectors = entries(root / "sys" / "class" / "drm")
    return [_screen(folder) for folder in connectors if (folder / "status").exists() and _is_connected(folder)]


def _is_connected(connector: Path) -> bool:
    return text(connector / "status") == "connected"


def _screen(connector: Path) -> Screen:
    edid = _edid(connector / "edid")
    width, height = _mode(connector / "modes")
    if width is None and edid is not None:
        width, height = edid.width_px, edid.height_px
    return Screen(_PLUGS.get(connector.name.split("-")[1], "other"), width, height, edid)


def _edid(file: Path) -> Optional[Edid]:
    try:
        return parse(file.read_bytes())
    except (OSError, EdidError):  # a projector behind a splitter often says nothing
        return None


def _mode(file: Path) -> Tuple[Optional[int], Optional[int]]:
    """Return the first mode that is offered, which is the one that a screen prefers: 1920x1080, or 1920x1080i."""
    try:
        width, _, height = text(file).split("\n")[0].partition("x")
        return int(width), int(height.rstrip("i"))
    except (OSError, ValueError):
        return None, None


def _largest(root: Path) -> Screen:
    """Return the screen with the most pixels; raises LookupError when there is none."""
    screens = _screens(root)
    if not screens:
        raise LookupError("no screen")
    return max(screens, key=lambda screen: (screen.width_px or 0) * (screen.height_px or 0))


def _diagonal_cm(edid: Optional[Edid]) -> Optional[int]:
    return None if edid is None else edid.diagonal_cm


def _has_speakers(edid: Optional[Edid]) -> Optional[bool]:
    return None if edid is None else edid.has_sound
