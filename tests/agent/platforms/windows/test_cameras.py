from __future__ import annotations

import pytest

from agent.platforms.windows import cameras

WEBCAM = "USB\\VID_046D&PID_0825&MI_00"


@pytest.mark.parametrize(
    ("ids", "makes"),
    [
        ([], []),
        ([WEBCAM], ["046d:0825"]),
        ([WEBCAM, "usb\\vid_046d&pid_0825&mi_02"], ["046d:0825"]),  # its infrared part
        ([WEBCAM, WEBCAM], ["046d:0825", "046d:0825"]),  # two of one make
        ([WEBCAM, WEBCAM, "USB\\VID_046D&PID_0825&MI_02"], ["046d:0825", "046d:0825"]),
        (["USB\\VID_046D&PID_0825"], ["046d:0825"]),  # with one interface alone
        (["PCI\\VEN_8086&DEV_9D32", "ACPI\\INT3474"], [None, None]),  # wired to the chipset
    ],
)
def test_cameras_are_counted_by_their_make_and_part(ids, makes):
    assert cameras.makes(ids) == makes


@pytest.mark.parametrize(
    ("device", "count"),
    [
        ({"id": WEBCAM, "driver": "usbvideo", "is_working": True}, 1),
        ({"id": WEBCAM, "driver": "usbvideo", "is_working": False}, 0),
        ({"id": "SWD\\VCAMDEVAPI", "driver": "", "is_working": True}, 0),
        ({"id": "ROOT\\CAMERA", "driver": "obs", "is_working": True}, 0),
    ],
)
def test_what_a_program_shows_and_what_is_disabled_is_no_camera(windows, device, count):
    found = cameras.read(windows(devices={"camera": [device], "image": []}))
    assert found.camera_count.value == count
