"""A whole laptop, played by umockdev to the real agent: what it finds, and the recording that it makes of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.platforms.linux import READER

LAPTOP = Path(__file__).with_name("laptop")
PERSONAL = ("CANARY", "C270", "PCH", "TV co Lan", "c0:ff:ee", "c0ffee", "A8C0", b"TV co Lan".hex(), "e712ec05")
FOUND = {
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
}


@pytest.fixture(scope="module")
def said(edid, tmp_path_factory):
    """What `inventory --json --record` printed on that laptop, and the recording."""
    assert shutil.which("umockdev-wrapper"), "apt-get install umockdev gir1.2-umockdev-1.0 python3-gi"
    record = tmp_path_factory.mktemp("laptop") / "recording.json"
    program = (sys.executable, "-P", "-m", "agent.cli", "inventory", "--json", "--record", str(record))
    testbed = (str(Path(__file__).with_name("testbed.py")), str(LAPTOP), edid(1920, 1080, 88, 50, True).hex())
    ended = subprocess.run(
        ["umockdev-wrapper", "/usr/bin/python3", *testbed, *program],
        env={**os.environ, "DIEMCAU_AGENT_HOME": str(record.parent / "home")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout), record.read_text(encoding="utf-8")


def test_the_real_agent_reads_what_the_devices_say(said):
    found = {m["findings"]["kind"]: m["findings"] for m in said[0]["measurements"]}
    values = {kind: {n: f["value"] for n, f in found[kind].items() if n != "kind" and "value" in f} for kind in FOUND}
    assert values == FOUND
    assert found["host"]["temperature_c"] == {"value": 71.0}


def test_the_recording_says_the_same_when_it_is_laid_out_again(said, machine):
    recording = json.loads(said[1])
    there = machine(recording["machine"])
    for kind in FOUND:
        found = getattr(READER, kind)(there).model_dump(mode="json", exclude_none=True)
        expected = recording["findings"][kind]
        if kind == "camera":  # a node of a recording answers no ioctl, so the codec's first node counts too
            expected = {**expected, "camera_count": {"value": 2}}
        assert found == expected


def test_nothing_in_the_recording_tells_whose_laptop_it_is(said):
    for personal in PERSONAL:
        assert personal not in said[1], personal
