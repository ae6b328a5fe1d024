"""Android boxes and televisions, as an app sees them.

Files and outputs here are written after their documentation and what was published of such boxes; none was recorded at
a site yet. SmartBox 2 (Android 4.4) runs neither Termux nor Python: nothing reads it from inside.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import sys
import time

import pytest

from agent.child import Request, Round
from agent.platforms import android
from agent.platforms.linux import network
from agent.platforms.machine import Machine
from contract.clock import Clock
from contract.report import Report

HDMI = "sys/class/amhdmitx/amhdmitx0"
TELEVISION = (  # 3840x2160, 121 by 68 cm, with speakers; its serial number, and a name that somebody gave it
    *("00ffffffffffff00", "4c2d0a0be712ec05", "211f010400794400", "00" * 30),
    *("08e80000f0700080", "00" * 10, "000000fc00", b"TV co Lan    ".hex(), "00" * 36, "0168"),
    *("02030440", "00" * 123, "b7"),
)
SMARTBOX_3 = {  # S905Y4; a kernel that lets apps look
    f"{HDMI}/hpd_state": "1",
    f"{HDMI}/disp_cap": "480p60hz\n720p60hz\n1080p60hz\n2160p60hz*",
    f"{HDMI}/rawedid": "".join(TELEVISION),
    "sys/class/display/mode": "1080p60hz",
    "sys/class/thermal/thermal_zone0/temp": "61400",
    "sys/block/mmcblk0/device/pre_eol_info": "0x01",
}
PROPERTIES = {"ro.build.version.release": "14", "ro.product.model": "vnptt_smb_3"}
CAMERAS = [{"id": "0", "facing": "external", "jpeg_output_sizes": [{"width": 1920, "height": 1080}]}]
AUDIO = {"PROPERTY_OUTPUT_SAMPLE_RATE": "48000", "BLUETOOTH_A2DP_IS_ON": False, "WIREDHEADSET_IS_CONNECTED": False}
WIFI = {"ssid": "Nha co Lan", "bssid": "aa:bb:cc:00:11:22", "rssi": -62, "supplicant_state": "COMPLETED"}
UNGRANTED = {"error": "Please grant the following permission to use this command: android.permission.CAMERA"}


def programs(**answers):
    """A function that runs getprop, and of Termux:API what `answers` has: camera, audio, wifi."""
    known = {android.CAMERAS: "camera", android.AUDIO: "audio", android.WIFI: "wifi"}

    def run(command):
        if command[0] == "getprop":
            return PROPERTIES.get(command[1], "") + "\n"
        if known[tuple(command)] not in answers:
            raise FileNotFoundError(command[0])
        return json.dumps(answers[known[tuple(command)]])

    return run


def fenced(root, *closed):
    """A root below which some folders are denied, as SELinux does it to apps."""

    class Fenced(type(pathlib.Path())):
        def _check(self):
            if any(name in f"{self}/" for name in closed):
                raise PermissionError(13, "Permission denied", str(self))

        def stat(self, **options):
            self._check()
            return super().stat(**options)

        def iterdir(self):
            self._check()
            return super().iterdir()

        def open(self, *arguments, **options):
            self._check()
            return super().open(*arguments, **options)

    return Fenced(root)


def reasons(findings):
    return {fact.why for name, fact in findings if name != "kind"}


def test_a_box_that_lets_apps_look_tells_of_its_screen(machine):
    found = android.READER.display(machine(SMARTBOX_3))
    assert (found.display_count.value, found.plugs.value) == (1, ("hdmi",))
    assert (found.width_px.value, found.height_px.value) == (1920, 1080)  # what goes out, not what the screen could
    assert (found.diagonal_cm.value, found.has_speakers.value) == (139, True)


@pytest.mark.parametrize(
    ("files", "size"),
    [
        ({"sys/class/display/mode": "2160p50hz"}, (3840, 2160)),
        ({"sys/class/display/mode": "1080i60hz"}, (1920, 1080)),
        ({"sys/class/display/mode": "1920x1080p60hz"}, (1920, 1080)),
        ({"sys/class/display/mode": "576cvbs", f"{HDMI}/disp_cap": "1080p60hz\n720p60hz*"}, (1280, 720)),
        ({"sys/class/display/mode": "panel", f"{HDMI}/disp_cap": ""}, (3840, 2160)),
    ],
)
def test_the_picture_is_as_large_as_the_mode_says_or_as_the_screen_prefers(machine, files, size):
    found = android.READER.display(machine({**SMARTBOX_3, **files}))
    assert (found.width_px.value, found.height_px.value) == size


def test_a_box_with_nothing_plugged_in_has_no_screen(machine):
    found = android.READER.display(machine({**SMARTBOX_3, f"{HDMI}/hpd_state": "0"}))
    assert (found.display_count.value, found.plugs.value, found.width_px.why) == (0, (), "absent")


def test_another_processor_tells_nothing_of_its_screen(machine):
    assert reasons(android.READER.display(machine({}))) == {"unsupported"}


def test_a_damaged_edid_costs_what_it_would_tell(machine):
    found = android.READER.display(machine({**SMARTBOX_3, f"{HDMI}/rawedid": "00ff"}))
    assert (found.has_speakers.why, found.width_px.value) == ("error", 1920)


def test_a_television_that_denies_everything_says_so_in_every_fact(machine, tmp_path):
    television = Machine(fenced(tmp_path, "/sys/", "/proc/"), programs())
    assert reasons(android.READER.display(television)) == {"denied"}
    assert reasons(android.READER.power(television)) == {"denied"}
    assert {android.READER.camera(television).camera_count.why} == {"denied"}
    assert reasons(android.READER.sound(television)) == {"unsupported"}
    with pytest.raises(PermissionError):
        android.READER.temperature_c(television)
    with pytest.raises(PermissionError):
        android.READER.disk_health(television)
    link = network.read_link(television, lambda: "wlan0")
    assert {link.link_speed_mbps.why, link.interfaces_up.why, link.is_full_duplex.why} == {"denied"}


def test_a_box_that_closes_some_folders_still_tells_of_the_others(machine):
    box = machine(SMARTBOX_3)
    box = box._replace(root=fenced(box.root, "/amhdmitx/", "/proc/net/"))
    assert reasons(android.READER.display(box)) == {"denied"}
    assert android.READER.temperature_c(box) == 61.4
    assert android.READER.disk_health(box) == "good"


@pytest.mark.parametrize(
    ("answers", "count", "why"),
    [
        ({"camera": CAMERAS}, 1, None),
        ({"camera": []}, 0, None),
        ({"camera": UNGRANTED}, None, "denied"),
        ({"camera": {"API_ERROR": "camera"}}, None, "error"),
        ({}, None, "unsupported"),  # the add-on is not there, and none on USB: one that is built in is told to nobody
    ],
)
def test_cameras_are_those_that_apps_see(machine, answers, count, why):
    found = android.READER.camera(machine({}, programs(**answers)))
    assert (found.camera_count.value, found.camera_count.why) == (count, why)


def test_without_the_add_on_a_camera_on_usb_is_found_in_the_files_of_linux(machine):
    webcam = {
        "sys/devices/usb1/1-2/idVendor": "046d",
        "sys/devices/usb1/1-2/idProduct": "0825",
        "sys/devices/usb1/1-2/1-2:1.0/video4linux/video0/index": "0",
        "sys/devices/usb1/1-2/1-2:1.0/video4linux/video0/device": {"link": "../.."},
        "sys/class/video4linux/video0": {"link": "../../devices/usb1/1-2/1-2:1.0/video4linux/video0"},
    }
    found = android.READER.camera(machine(webcam, programs()))
    assert (found.camera_count.value, found.models.value) == (1, ("046d:0825",))


@pytest.mark.parametrize(
    ("told", "count", "why"),
    [
        ({}, None, "unsupported"),
        ({"WIREDHEADSET_IS_CONNECTED": True}, 1, None),
        ({"WIREDHEADSET_IS_CONNECTED": True, "BLUETOOTH_A2DP_IS_ON": True}, 2, None),
    ],
)
def test_speakers_count_when_they_are_known_of_and_are_never_said_to_be_missing(machine, told, count, why):
    found = android.READER.sound(machine({}, programs(audio={**AUDIO, **told})))
    assert (found.speaker_count.value, found.speaker_count.why) == (count, why)


def test_termux_is_asked_once_though_it_fails(machine):
    asked = []

    def run(command):
        asked.append(command)
        raise RuntimeError("TimeoutExpired")

    box = machine({}, run)
    assert {android.READER.camera(box).camera_count.why for _ in range(3)} == {"error"}
    assert asked == [android.CAMERAS]


@pytest.mark.parametrize(
    ("name", "link"),
    [("wlan0", "wifi"), ("eth0", "ethernet"), ("rmnet_data2", "mobile"), ("ccmni1", "mobile"), ("tun0", "other")],
)
def test_the_name_of_an_interface_tells_its_link(name, link):
    assert android.link_by_name(name) == link


def test_wifi_is_as_strong_as_termux_says_and_its_name_stays_there(machine):
    box = machine({}, programs(wifi=WIFI))
    assert android.wifi_signal_pct(box) == 76
    assert "Lan" not in android.READER.network(box).model_dump_json()
    with pytest.raises(LookupError):
        android.wifi_signal_pct(machine({}, programs(wifi={**WIFI, "supplicant_state": "DISCONNECTED"})))


def test_the_system_names_itself_by_release_and_model(machine):
    assert android.READER.distribution(machine({}, programs())) == "Android 14, vnptt_smb_3"
    with pytest.raises(LookupError):
        android.READER.distribution(machine({}, lambda _: "\n"))


def test_a_recording_replays_the_same_screen_without_its_owners_name(machine):
    box = machine(SMARTBOX_3)
    found, recorded = android.READER.display(box), android.READER.record(box)
    assert b"co Lan".hex() not in json.dumps(recorded)
    shutil.rmtree(box.root)
    assert android.READER.display(machine(recorded)) == found


def test_a_whole_round_where_psutil_refuses_the_system(tmp_path):
    # What needs the real name, to find how Python itself was built, is imported before.
    as_android = "import contract.report, sys; sys.platform = 'android'; from agent.round import main; main()"
    request = Request("dev-00000001", "once", (), str(tmp_path), None)
    measuring = Round(request, Clock(), (sys.executable, "-I", "-c", as_android))
    outcome = None
    while outcome is None:
        time.sleep(0.02)
        outcome = measuring.poll()
    report = Report.model_validate_json(outcome.body)
    found = {measurement.probe: measurement.findings for measurement in report.measurements}
    assert {name for name, findings in found.items() if findings is None} == {
        "path",
        "line",
    }  # no probe server is known
    assert found["host"].cpu_pct.why == found["host"].memory_total_bytes.why == "unsupported"
    assert found["host"].cpu_count.value >= 1
    assert found["host"].disk_free_bytes.value > 0
    assert found["network"].link.why == "unsupported"
