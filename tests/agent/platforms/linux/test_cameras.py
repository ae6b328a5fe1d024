from __future__ import annotations

import struct

import pytest

from agent.platforms.linux import cameras

USB = "sys/devices/usb1/1-2"
WEBCAM = {  # one webcam: a node for the picture and one for its metadata
    f"{USB}/idVendor": "046d",
    f"{USB}/idProduct": "0825",
    f"{USB}/serial": "9F3A2C10",
    f"{USB}/1-2:1.0/video4linux/video0/index": "0",
    f"{USB}/1-2:1.0/video4linux/video0/device": {"link": "../.."},
    f"{USB}/1-2:1.0/video4linux/video1/index": "1",
    f"{USB}/1-2:1.0/video4linux/video1/device": {"link": "../.."},
    "sys/class/video4linux/video0": {"link": "../../devices/usb1/1-2/1-2:1.0/video4linux/video0"},
    "sys/class/video4linux/video1": {"link": "../../devices/usb1/1-2/1-2:1.0/video4linux/video1"},
}
INFRARED = {  # a second picture of the same USB device
    f"{USB}/1-2:1.2/video4linux/video2/index": "0",
    f"{USB}/1-2:1.2/video4linux/video2/device": {"link": "../.."},
    "sys/class/video4linux/video2": {"link": "../../devices/usb1/1-2/1-2:1.2/video4linux/video2"},
}
BUILT_IN = {  # a camera that is not on USB
    "sys/devices/platform/csi/video4linux/video4/index": "0",
    "sys/devices/platform/csi/video4linux/video4/device": {"link": "../.."},
    "sys/class/video4linux/video4": {"link": "../../devices/platform/csi/video4linux/video4"},
}
LOOPBACK = {  # a program that plays the camera: no device behind it
    "sys/devices/virtual/video4linux/video9/index": "0",
    "sys/class/video4linux/video9": {"link": "../../devices/virtual/video4linux/video9"},
}


@pytest.mark.parametrize(
    ("files", "count", "models"),
    [
        ({}, 0, ()),
        (WEBCAM, 1, ("046d:0825",)),
        ({**WEBCAM, **INFRARED}, 1, ("046d:0825",)),
        ({**WEBCAM, **BUILT_IN}, 2, ("046d:0825",)),
        (BUILT_IN, 1, ()),
        (LOOPBACK, 0, ()),
    ],
)
def test_each_camera_counts_once_and_those_on_usb_tell_their_make(machine, files, count, models):
    found = cameras.read(machine(files))
    assert (found.camera_count.value, tuple(found.models.value)) == (count, models)


def test_the_serial_number_stays_where_it_is(machine):
    assert "9F3A2C10" not in cameras.read(machine(WEBCAM)).model_dump_json()


def test_without_sys_nothing_is_known(tmp_path):
    from agent.platforms.machine import Machine, run

    assert cameras.read(Machine(tmp_path / "nothing", run)).camera_count.why == "absent"


@pytest.mark.parametrize(
    ("of_device", "of_node", "captures"),
    [
        (0x84A00001, 0x04200001, True),  # uvcvideo, the picture
        (0x84A00001, 0x04A00000, False),  # uvcvideo, the metadata
        (0x04200001, 0x00000000, True),  # an old driver, which says nothing of its nodes
        (0x84201000, 0x04201000, True),  # several planes
        (0x84200002, 0x04200002, False),  # shows pictures, takes none
    ],
)
def test_the_kernel_says_which_node_is_the_picture(of_device, of_node, captures):
    name = (b"uvcvideo".ljust(16, b"\0"), b"UVC Camera".ljust(32, b"\0"), b"usb-1".ljust(32, b"\0"))
    capability = struct.pack("16s32s32sIII12x", *name, 0x60100, of_device, of_node)
    assert cameras.is_capture(capability) is captures
