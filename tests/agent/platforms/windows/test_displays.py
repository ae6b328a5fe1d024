from __future__ import annotations

import pytest

from agent.platforms.windows import displays

SILENT = {"is_working": True, "edid": None}


def card(width, height):
    return {"CurrentHorizontalResolution": width, "CurrentVerticalResolution": height}


@pytest.mark.parametrize(
    ("technology", "plug"),
    [
        (0, "vga"),
        (4, "dvi"),
        (5, "hdmi"),
        (6, "internal"),
        (10, "displayport"),
        (11, "internal"),
        (15, "other"),  # Miracast
        (0x80000000, "internal"),
        (0xFFFFFFFF, "other"),
    ],
)
def test_the_plug_is_told_by_the_number_that_drivers_give(windows, technology, plug):
    connection = {"Active": True, "VideoOutputTechnology": technology}
    asleep = {"Active": False, "VideoOutputTechnology": 5}
    found = displays.read(windows(monitors=[SILENT], wmi={"WmiMonitorConnectionParams": [connection, asleep]}))
    assert found.plugs.value == (plug,)


def test_where_no_screen_tells_its_size_the_largest_picture_that_is_sent_counts(windows):
    cards = [card(None, None), card(1024, 768), card(1920, 1080)]
    found = displays.read(windows(monitors=[SILENT], wmi={"Win32_VideoController": cards}))
    assert (found.width_px.value, found.height_px.value) == (1920, 1080)
    assert found.diagonal_cm.why == found.has_speakers.why == "absent"


def test_without_a_screen_a_picture_that_is_sent_is_no_screen(windows):
    found = displays.read(windows(monitors=[], wmi={"Win32_VideoController": [card(1024, 768)]}))
    assert found.display_count.value == 0
    assert found.width_px.why == "absent"
