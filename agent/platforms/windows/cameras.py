r"""Cameras: the classes Camera (Windows 10 and later) and Image (before, and for old drivers).

A USB camera with an infrared picture for logging in is two devices, USB\VID_04F2&PID_B6D9&MI_00 and ...&MI_02: of one
make, there are as many cameras as one of its parts is there.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Iterable, List, Optional, Tuple

from agent.facts import fact, found
from agent.platforms.windows.consent import is_allowed
from agent.platforms.windows.sources import Device, Sources
from contract.findings import Camera

_SCANNERS = {"usbscan", "serscan", "scsiscan", "wsdscan", ""}  # drivers in the class Image; without one: on the network
_MADE_UP = ("ROOT", "SWD")  # what a program shows as a camera
_USB = re.compile(r"VID_([0-9A-F]{4})&PID_([0-9A-F]{4})(?:&MI_([0-9A-F]{2}))?", re.IGNORECASE)


def read(sources: Sources) -> Camera:
    """Count the cameras and name the make of those on USB."""
    return found(
        Camera,
        camera_count=fact(lambda: len(_cameras(sources))),
        models=fact(lambda: [model for model in _cameras(sources) if model][:16]),
        is_allowed=fact(lambda: is_allowed(sources.consents()["webcam"])),
        is_in_use=fact(lambda: sources.consents()["webcam"]["is_in_use"]),
    )


def _cameras(sources: Sources) -> List[Optional[str]]:
    """Return the make of each camera; None of one that is not on USB."""
    present = sources.devices()
    images = [device for device in present["image"] if device["driver"].lower() not in _SCANNERS]
    working = [device for device in (*present["camera"], *images) if device["is_working"] and not _is_made_up(device)]
    return makes(device["id"] for device in working)


def makes(ids: Iterable[str]) -> List[Optional[str]]:
    """Return the USB make of each camera with these ids, `046d:0825`, then None for each that is not on USB."""
    parts = Counter(map(_make_and_part, ids))
    others = parts.pop(None, 0)
    cameras: Counter[str] = Counter()
    for key, count in parts.items():
        if key is not None:
            cameras[key[0]] = max(cameras[key[0]], count)
    return [*sorted(cameras.elements()), *[None] * others]


def _make_and_part(id_: str) -> Optional[Tuple[str, Optional[str]]]:
    match = _USB.search(id_)
    return (f"{match[1]}:{match[2]}".lower(), match[3]) if match else None


def _is_made_up(device: Device) -> bool:
    return device["id"].split("\\")[0].upper() in _MADE_UP
