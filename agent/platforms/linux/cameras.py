"""Cameras: devices of video4linux that capture.

A camera has several nodes: a picture, its metadata, sometimes an infrared picture. Only nodes that capture video
count, and all of one USB device count once. The kernel says what a node does (VIDIOC_QUERYCAP in
include/uapi/linux/videodev2.h); where a node may not be opened, the first one of its device is the picture.
"""

from __future__ import annotations

import fcntl
import struct
from pathlib import Path
from typing import List, Optional

from agent.facts import fact, unsupported
from agent.platforms.linux.files import entries, number, text
from agent.platforms.machine import Machine
from contract.findings import Camera

_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("16s32s32sIII12x")  # driver, card, bus, version, capabilities, of this node
_HAS_NODE_CAPABILITIES = 0x80000000
_CAPTURES = 0x00000001 | 0x00001000  # V4L2_CAP_VIDEO_CAPTURE, V4L2_CAP_VIDEO_CAPTURE_MPLANE


def read(machine: Machine) -> Camera:
    """Count the cameras and name the make of those on USB."""
    return Camera(
        camera_count=fact(lambda: len(_cameras(machine.root))),
        models=fact(lambda: usb_models(machine.root)[:16]),
        is_allowed=fact(unsupported),
        is_in_use=fact(unsupported),
    )


def usb_models(root: Path) -> List[str]:
    """Return vendor and product of each camera on USB, `046d:0825`."""
    return [model for model in map(_usb_model, _cameras(root)) if model]


def _cameras(root: Path) -> List[Path]:
    """Return the folder of each device that captures: the USB device where it is one."""
    nodes = entries(root / "sys" / "class" / "video4linux")
    return sorted({_device(node) for node in nodes if _captures(node, root / "dev" / node.name)})


def _captures(node: Path, device: Path) -> bool:
    try:
        with device.open("rb", buffering=0) as opened:
            return is_capture(fcntl.ioctl(opened, _QUERYCAP, bytes(_CAPABILITY.size)))
    except OSError:  # not ours to open, or gone again
        return (node / "device").exists() and number(node / "index") == 0


def is_capture(capability: bytes) -> bool:
    """Tell from a v4l2_capability whether its node captures video."""
    *_, of_device, of_node = _CAPABILITY.unpack(capability)
    return bool((of_node if of_device & _HAS_NODE_CAPABILITIES else of_device) & _CAPTURES)


def _device(node: Path) -> Path:
    interface = (node / "device").resolve()
    return interface.parent if (interface.parent / "idVendor").exists() else interface


def _usb_model(device: Path) -> Optional[str]:
    if not (device / "idVendor").exists():
        return None
    return f"{text(device / 'idVendor')}:{text(device / 'idProduct')}"
