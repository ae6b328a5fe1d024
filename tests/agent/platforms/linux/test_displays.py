from __future__ import annotations

import pytest

from agent.platforms.linux import displays

DRM = "sys/class/drm"


def connector(name, status="connected", modes="", edid=b""):
    return {f"{DRM}/{name}/status": f"{status}\n", f"{DRM}/{name}/modes": modes, f"{DRM}/{name}/edid": edid}


def test_the_largest_screen_is_the_one_described(machine, edid):
    panel, television = edid(1366, 768, 31, 17), edid(3840, 2160, 122, 69, True)
    found = displays.read(
        machine(
            {
                **connector("card0-eDP-1", modes="1366x768\n", edid=panel),
                **connector("card0-HDMI-A-1", modes="3840x2160\n1920x1080\n", edid=television),
                **connector("card0-DP-1", "disconnected"),
                f"{DRM}/version": "drm 1.1.0 20060810\n",
                f"{DRM}/card0/dev": "226:0\n",
            }
        )
    )
    assert found.display_count.value == 2
    assert list(found.plugs.value) == ["hdmi", "internal"]
    assert (found.width_px.value, found.height_px.value) == (3840, 2160)
    assert found.diagonal_cm.value == 140
    assert found.has_speakers.value is True


def test_with_nothing_plugged_in_there_is_no_screen_and_no_size(machine):
    found = displays.read(machine(connector("card0-HDMI-A-1", "disconnected")))
    assert (found.display_count.value, list(found.plugs.value)) == (0, [])
    assert {found.width_px.why, found.diagonal_cm.why, found.has_speakers.why} == {"absent"}


def test_a_projector_behind_a_splitter_counts_though_it_says_nothing(machine):
    found = displays.read(machine(connector("card0-VGA-1")))
    assert (found.display_count.value, list(found.plugs.value)) == (1, ["vga"])
    assert {found.width_px.why, found.diagonal_cm.why, found.has_speakers.why} == {"absent"}


def test_a_projector_has_pixels_and_no_diagonal(machine, edid):
    found = displays.read(machine(connector("card1-HDMI-A-2", edid=edid(1280, 800, 0, 0))))
    assert (found.width_px.value, found.diagonal_cm.why) == (1280, "absent")


@pytest.mark.parametrize(
    ("name", "plug"),
    [
        ("card0-DP-1", "displayport"),
        ("card0-DVI-D-1", "dvi"),
        ("card0-LVDS-1", "internal"),
        ("card0-Virtual-1", "other"),
    ],
)
def test_the_connectors_name_tells_the_plug(machine, name, plug):
    found = displays.read(machine(connector(name, modes="1920x1080i\n")))
    assert (list(found.plugs.value), found.height_px.value) == ([plug], 1080)
