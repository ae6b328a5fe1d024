"""Whole machines, played by umockdev to the real agent: what it finds, and the recording that it makes of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agent.platforms.linux import READER

HERE = Path(__file__).parent
PERSONAL = (
    "CANARY",
    "C270",
    "PCH",
    "TV co Lan",
    "c0:ff:ee",
    "c0ffee",
    "nguyenvana",
    "A8C0",
    b"TV co Lan".hex(),
    "e712ec05",
)
FOUND: dict[str, dict[str, dict[str, Any]]] = {
    "laptop": {  # on battery, Wi-Fi and a VPN, with a webcam, a television, a 4G phone, a Bluetooth mouse
        "camera": {"camera_count": 1, "models": ["046d:0825"]},  # not its metadata, and not the codec
        "sound": {"microphone_count": 2, "speaker_count": 2},  # its own and the webcam's; its own and the television
        "display": {
            "display_count": 2,
            "plugs": ["hdmi", "internal"],
            "width_px": 1920,
            "height_px": 1080,
            "diagonal_cm": 101,
            "has_speakers": True,
        },
        "power": {"is_on_mains": False, "battery_pct": 57.0, "has_ups": False},  # not the mouse's battery
        "network": {
            "link": "wifi",
            "interfaces_up": 1,
            "has_default_route": True,
            "wifi_signal_pct": 77.0,
            "mobile_interfaces": 1,
        },
        "host": {"temperature_c": 71.0},
    },
    "desktop": {  # an old one: a projector by VGA, a UPS, a bad cable, a 4G modem that stands by, no sound card
        "camera": {"camera_count": 0, "models": []},
        "sound": {"microphone_count": 0, "speaker_count": 0},
        "display": {"display_count": 1, "plugs": ["vga"]},
        "power": {"is_on_mains": True, "has_ups": True, "ups_battery_pct": 94.0},
        "network": {
            "link": "ethernet",
            "link_speed_mbps": 100.0,
            "interfaces_up": 1,
            "has_default_route": True,
            "is_full_duplex": False,
            "mobile_interfaces": 1,
        },
        "host": {"temperature_c": 48.5, "disk_health": "worn"},
    },
}
EQUIPMENT = ("camera", "sound", "display", "power", "network")


class Said(NamedTuple):
    """What `inventory --json --record` said on a machine."""

    machine: str
    report: dict[str, Any]
    recording: str


@pytest.fixture(scope="module", params=FOUND)
def said(request, edid, tmp_path_factory):
    assert shutil.which("umockdev-wrapper"), "apt-get install umockdev gir1.2-umockdev-1.0 python3-gi"
    record = tmp_path_factory.mktemp(request.param) / "recording.json"
    program = (sys.executable, "-P", "-m", "agent.cli", "inventory", "--json", "--record", str(record))
    television = edid(1920, 1080, 88, 50, True).hex()
    testbed = (str(HERE / "testbed.py"), str(HERE / "machines" / request.param), television)
    ended = subprocess.run(
        ["umockdev-wrapper", "/usr/bin/python3", *testbed, *program],
        env={**os.environ, "DIEMCAU_AGENT_HOME": str(record.parent / "home")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return Said(request.param, json.loads(ended.stdout), record.read_text(encoding="utf-8"))


def test_the_real_agent_reads_what_the_devices_say(said):
    found = {m["findings"]["kind"]: m["findings"] for m in said.report["measurements"]}
    for kind, expected in FOUND[said.machine].items():
        values = {name: fact["value"] for name, fact in found[kind].items() if name != "kind" and "value" in fact}
        assert {name: value for name, value in values.items() if kind != "host" or name in expected} == expected


def test_the_recording_says_the_same_when_it_is_laid_out_again(said, machine):
    recording = json.loads(said.recording)
    there = machine(recording["machine"])
    for kind in EQUIPMENT:
        expected = recording["findings"][kind]
        if (said.machine, kind) == ("laptop", "camera"):  # files answer no ioctl: the codec's first node counts too
            expected = {**expected, "camera_count": {"value": 2}}
        assert getattr(READER, kind)(there).model_dump(mode="json", exclude_none=True) == expected


def test_nothing_in_the_recording_tells_whose_machine_it_is(said):
    for personal in PERSONAL:
        assert personal not in said.recording, personal
