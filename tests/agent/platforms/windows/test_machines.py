"""Whole machines, read from their recordings: each fact has the value that is expected, or the reason that is."""

from __future__ import annotations

from typing import Any

import pytest

from agent.platforms.windows import cameras, computer, displays, network, power, sounds
from agent.platforms.windows.sources import recorded

ABSENT, DENIED, UNSUPPORTED, ERROR = ({"why": why} for why in ("absent", "denied", "unsupported", "error"))
READ = {
    "camera": cameras.read,
    "sound": sounds.read,
    "display": displays.read,
    "power": power.read,
    "network": network.read,
}


def camera(count: Any, models: Any, is_allowed: Any, is_in_use: Any) -> dict[str, Any]:
    return {"camera_count": count, "models": models, "is_allowed": is_allowed, "is_in_use": is_in_use}


def sound(microphones: Any, speakers: Any, unplugged: Any, is_allowed: Any, is_in_use: Any) -> dict[str, Any]:
    return {
        "microphone_count": microphones,
        "speaker_count": speakers,
        "unplugged_count": unplugged,
        "is_microphone_allowed": is_allowed,
        "is_microphone_in_use": is_in_use,
    }


def display(count: Any, plugs: Any, width_px: Any, height_px: Any, cm: Any, has_speakers: Any) -> dict[str, Any]:
    size = {"width_px": width_px, "height_px": height_px, "diagonal_cm": cm}
    return {"display_count": count, "plugs": plugs, **size, "has_speakers": has_speakers}


def supply(is_on_mains: Any, battery_pct: Any, has_ups: Any, ups_battery_pct: Any) -> dict[str, Any]:
    battery = {"battery_pct": battery_pct, "has_ups": has_ups, "ups_battery_pct": ups_battery_pct}
    return {"is_on_mains": is_on_mains, **battery}


def net(link: Any, mbps: Any, up: Any, has_route: Any, is_full: Any, signal_pct: Any, mobile: Any) -> dict[str, Any]:
    default = {"link": link, "link_speed_mbps": mbps, "is_full_duplex": is_full, "wifi_signal_pct": signal_pct}
    rest = {"interfaces_up": up, "has_default_route": has_route, "mobile_interfaces": mobile}
    return {**default, **rest, "gateway": ABSENT}  # which the probe adds


CABLE = net("ethernet", 1000.0, 1, True, True, ABSENT, 0)
NO_BATTERY = supply(True, ABSENT, False, ABSENT)
FOUND = {
    "laptop_with_webcam_and_headset": (
        camera(2, ["046d:0825", "04f2:b6d9"], True, True),
        sound(2, 2, 2, True, False),
        display(1, ["internal"], 1920, 1080, 35, False),
        supply(False, 64.0, False, ABSENT),
        net("wifi", 866.7, 1, True, UNSUPPORTED, 76.0, 0),
    ),
    "desktop_without_camera": (  # a copier that scans is no camera
        camera(0, [], True, False),
        sound(0, 1, 2, True, False),
        display(2, ["vga", "dvi"], 1280, 1024, 43, False),
        NO_BATTERY,
        net("ethernet", 100.0, 1, True, False, ABSENT, 0),
    ),
    "consent_denied": (  # and a second camera that is disabled
        camera(1, ["1bcf:28c4"], False, False),
        sound(1, 1, 0, False, False),
        display(1, ["displayport"], 1920, 1080, 61, False),
        NO_BATTERY,
        CABLE,
    ),
    "vietnamese_windows": (  # and a screen that came loose
        camera(1, ["13d3:56a2"], True, False),
        sound(1, 1, 0, True, True),
        display(0, [], ABSENT, ABSENT, ABSENT, ABSENT),
        supply(True, 100.0, False, ABSENT),
        net(ABSENT, ABSENT, 1, False, ABSENT, ABSENT, 0),
    ),
    "windows_7": (
        camera(1, ["046d:0805"], UNSUPPORTED, UNSUPPORTED),
        sound(1, 1, 0, UNSUPPORTED, UNSUPPORTED),
        display(1, ["vga"], 1366, 768, 47, False),
        NO_BATTERY,
        net("ethernet", 100.0, 1, True, UNSUPPORTED, ABSENT, 0),
    ),
    "hdmi_television": (
        camera(2, ["046d:085c", "046d:085c"], ABSENT, False),
        sound(2, 1, ABSENT, True, False),
        display(2, ["hdmi", "internal"], 3840, 2160, 139, True),
        NO_BATTERY,
        CABLE,
    ),
    "mobile_dongle": (  # where PowerShell is forbidden
        camera(1, [], DENIED, DENIED),
        sound(1, 1, 0, DENIED, DENIED),
        display(1, ERROR, 1366, 768, 35, False),
        supply(ABSENT, UNSUPPORTED, True, UNSUPPORTED),
        net("mobile", 50.0, 1, True, UNSUPPORTED, ABSENT, 2),
    ),
    "desktop_with_ups": (
        camera(0, [], True, False),
        sound(0, 0, 0, True, False),
        display(1, ["hdmi"], 1920, 1080, 55, False),
        supply(False, ABSENT, True, 87.0),
        CABLE,
    ),
}
FOUND["one_of_each"] = FOUND["consent_denied"]
COMPUTERS = {  # the hottest sensor, the worst disk inside, the edition
    "laptop_with_webcam_and_headset": (46.1, "good", "Microsoft Windows 11 Home Single Language"),
    "desktop_without_camera": (45.1, "worn", "Microsoft Windows 10 Pro"),  # not the stick that fails
    "consent_denied": (NotImplementedError, "good", "Microsoft Windows 10 Pro"),
    "one_of_each": (NotImplementedError, "good", "Microsoft Windows 10 Pro"),
    "vietnamese_windows": (LookupError, LookupError, "Microsoft Windows 10 Chuyên nghiệp"),
    "windows_7": (NotImplementedError, "failing", "Microsoft Windows 7 Professional"),
    "hdmi_television": (27.1, "good", "Microsoft Windows 11 Pro"),
    "mobile_dongle": (RuntimeError, RuntimeError, RuntimeError),
    "desktop_with_ups": (LookupError, "failing", "Microsoft Windows 10 Enterprise LTSC"),
}


@pytest.mark.parametrize(("kind", "place"), [(kind, place) for place, kind in enumerate(READ)])
@pytest.mark.parametrize("name", FOUND)
def test_each_fact_has_its_value_or_its_reason(recording, name, kind, place):
    read = READ[kind](recorded(recording(name))).model_dump(mode="json", exclude_none=True)
    expected = {
        field: fact if isinstance(fact, dict) else {"value": fact} for field, fact in FOUND[name][place].items()
    }
    assert read == {"kind": kind, **expected}


@pytest.mark.parametrize("name", COMPUTERS)
def test_heat_disks_and_edition_are_told_or_why_not(recording, name):
    sources = recorded(recording(name))
    for read, expected in zip(
        (computer.temperature_c, computer.disk_health, computer.distribution), COMPUTERS[name], strict=True
    ):
        if isinstance(expected, type):
            with pytest.raises(expected):
                read(sources)
        else:
            assert read(sources) == expected
