"""Macs, by what their programs print.

The outputs here are written after the shape that system_profiler, pmset and sw_vers are known to print in; none was
recorded on a Mac yet. They hold names, numbers and addresses as real ones do, so that tests see none of them leave.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from agent.platforms import macos
from agent.platforms.machine import Machine
from agent.platforms.macos import programs, reading

PERSONAL = ("Lan", "C02XK1", "E6896D98", "192.168.7.20", "a4:83:e7")
EDID = "0x00ffffffffffff004c2d0a0be712ec05211f010400351e00" + "00" * 30 + "023a801871382d40" + "00" * 65 + "0c"
BUILT_IN = {
    "_name": "Color LCD",
    "_spdisplays_display-serial-number": "C02XK1",
    "_spdisplays_pixels": "2880 x 1800",  # what is drawn; the screen has 2560 by 1600
    "spdisplays_connection_type": "spdisplays_internal",
    "spdisplays_online": "spdisplays_yes",
    "spdisplays_pixelresolution": "spdisplays_2560x1600Retina",
}
TELEVISION = {
    "_name": "TV co Lan",
    "_spdisplays_edid": EDID,
    "_spdisplays_pixels": "1920 x 1080",
    "spdisplays_connection_type": "spdisplays_hdmi",
    "spdisplays_online": "spdisplays_yes",
    "spdisplays_pixelresolution": "spdisplays_1080p",
}
CAMERA = {
    "_name": "FaceTime HD Camera",
    "spcamera_model-id": "UVC Camera VendorID_1452 ProductID_30000",
    "spcamera_unique-id": "E6896D98",
}
WITHOUT_USB = {"_name": "MacBook Air Camera", "spcamera_model-id": "MacBook Air Camera"}
MICROPHONE = {
    "_name": "MacBook Air Microphone",
    "coreaudio_device_input": 1,
    "coreaudio_device_transport": "coreaudio_device_type_builtin",
}
SPEAKERS = {"_name": "Loa co Lan", "coreaudio_device_output": 2}
VIRTUAL = {
    "_name": "BlackHole 2ch",
    "coreaudio_device_input": 2,
    "coreaudio_device_output": 2,
    "coreaudio_device_transport": "coreaudio_device_type_virtual",
}
CABLE = {
    "_name": "Ethernet",
    "Ethernet": {"MAC Address": "a4:83:e7:00:11:22", "MediaSubType": "1000baseT"},
    "hardware": "Ethernet",
    "interface": "en4",
    "type": "Ethernet",
}
WIFI = {"_name": "Wi-Fi", "hardware": "AirPort", "interface": "en0", "ip_address": ["192.168.7.20"], "type": "AirPort"}
PHONE = {"_name": "iPhone USB", "hardware": "Ethernet", "interface": "en5", "type": "Ethernet"}
JOINED = {
    "_name": "en0",
    "spairport_current_network_information": {"_name": "Nha co Lan", "spairport_signal_noise": "-58 dBm / -92 dBm"},
}
DISK = {
    "_name": "Macintosh HD",
    "physical_drive": {"device_name": "APPLE SSD", "is_internal_disk": "yes", "smart_status": "Verified"},
    "volume_uuid": "E6896D98",
}
STICK = {"_name": "USB co Lan", "physical_drive": {"is_internal_disk": "no", "smart_status": "Failing"}}
MACBOOK = {
    "SPCameraDataType": [CAMERA],
    "SPAudioDataType": [{"_name": "coreaudio_device", "_items": [MICROPHONE, SPEAKERS, VIRTUAL]}],
    "SPDisplaysDataType": [{"_name": "kHW_AppleM1Item", "spdisplays_ndrvs": [BUILT_IN]}],
    "SPNetworkDataType": [CABLE, WIFI, PHONE],
    "SPAirPortDataType": [{"spairport_airport_interfaces": [JOINED]}],
    "SPStorageDataType": [DISK, STICK],
}
ON_MAINS = """Now drawing from 'AC Power'
 -InternalBattery-0 (id=22806627)\t87%; charging; 1:12 remaining present: true
"""
ON_BATTERY = ON_MAINS.replace("AC", "Battery")
WITH_UPS = "Now drawing from 'UPS Power'\n -Back-UPS ES 700 (id=1234)\t64%; discharging; 0:31 remaining present: true\n"
WITHOUT_BATTERY = "Now drawing from 'AC Power'\n"
VERSION = "ProductName:\t\tmacOS\nProductVersion:\t\t14.5\nBuildVersion:\t\t23F79\n"


@pytest.fixture
def mac(tmp_path):
    """A function that returns a MacBook: `batteries` for pmset, and what system_profiler tells otherwise than of it."""

    def mac(batteries=ON_MAINS, **told):
        outputs = {
            programs.BATTERIES: batteries,
            programs.VERSION: VERSION,
            programs.PROFILE: json.dumps({**MACBOOK, **told}),
        }
        return Machine(tmp_path, lambda command: outputs[tuple(command)])

    return mac


@pytest.mark.parametrize(
    ("cameras", "count", "models"),
    [
        ([], 0, ()),
        ([CAMERA], 1, ("05ac:7530",)),
        ([CAMERA, WITHOUT_USB], 2, ("05ac:7530",)),
        ([{"_name": "Logitech", "spcamera_model_id": "UVC Camera VendorID_1133 ProductID_2085"}], 1, ("046d:0825",)),
    ],
)
def test_cameras_are_counted_and_those_on_usb_tell_their_make(mac, cameras, count, models):
    found = macos.READER.camera(mac(SPCameraDataType=cameras))
    assert (found.camera_count.value, found.models.value) == (count, models)


@pytest.mark.parametrize(
    ("devices", "microphones", "speakers"),
    [
        ([], 0, 0),
        ([MICROPHONE, SPEAKERS], 1, 1),
        ([MICROPHONE, SPEAKERS, VIRTUAL], 1, 1),  # what goes from program to program is no hardware
        ([{"_name": "group", "_items": [MICROPHONE, MICROPHONE]}], 2, 0),  # older systems group the groups
    ],
)
def test_what_records_and_what_plays_is_counted(mac, devices, microphones, speakers):
    found = macos.READER.sound(mac(SPAudioDataType=[{"_name": "coreaudio_device", "_items": devices}]))
    assert (found.microphone_count.value, found.speaker_count.value) == (microphones, speakers)


@pytest.mark.parametrize(
    ("screens", "plugs", "size", "diagonal_cm"),
    [
        ([BUILT_IN], ("internal",), (2560, 1600), None),  # not the pixels that are drawn
        ([TELEVISION], ("hdmi",), (1920, 1080), 61),
        ([BUILT_IN, TELEVISION], ("internal", "hdmi"), (2560, 1600), None),
        ([{**BUILT_IN, "spdisplays_online": "spdisplays_no"}, TELEVISION], ("hdmi",), (1920, 1080), 61),
        ([{"_name": "?", "_spdisplays_pixels": "1280 x 720"}], ("other",), (1280, 720), None),
        ([], (), (None, None), None),
    ],
)
def test_screens_tell_their_own_size_and_the_largest_counts(mac, screens, plugs, size, diagonal_cm):
    found = macos.READER.display(mac(SPDisplaysDataType=[{"spdisplays_ndrvs": screens}]))
    assert (found.display_count.value, found.plugs.value) == (len(plugs), plugs)
    assert (found.width_px.value, found.height_px.value) == size
    assert found.diagonal_cm.value == diagonal_cm


def test_a_screen_of_apples_own_processors_does_not_say_whether_it_sounds(mac):
    assert macos.READER.display(mac()).has_speakers.why == "unsupported"


@pytest.mark.parametrize(
    ("batteries", "is_on_mains", "battery_pct", "has_ups", "ups_battery_pct"),
    [
        (ON_MAINS, True, 87, False, None),
        (ON_BATTERY, False, 87, False, None),
        (WITHOUT_BATTERY, True, None, False, None),
        (WITH_UPS, False, None, True, 64),
    ],
)
def test_pmset_tells_mains_battery_and_ups_apart(mac, batteries, is_on_mains, battery_pct, has_ups, ups_battery_pct):
    found = macos.READER.power(mac(batteries))
    assert (found.is_on_mains.value, found.battery_pct.value) == (is_on_mains, battery_pct)
    assert (found.has_ups.value, found.ups_battery_pct.value) == (has_ups, ups_battery_pct)


@pytest.mark.parametrize(("interface", "link"), [("en0", "wifi"), ("en4", "ethernet"), ("en5", "mobile")])
def test_a_network_service_tells_the_link_of_its_interface(mac, interface, link):
    assert reading.link_of(mac(), interface) == link


def test_an_interface_without_a_service_tells_no_link(mac):
    with pytest.raises(LookupError):
        reading.link_of(mac(), "utun3")


def test_the_wifi_in_use_tells_its_strength(mac):
    assert reading.wifi_signal_pct(mac(), "en0") == 84
    with pytest.raises(LookupError):
        reading.wifi_signal_pct(mac(), "en4")
    with pytest.raises(LookupError):
        reading.wifi_signal_pct(mac(SPAirPortDataType=[]), "en0")


def test_built_in_disks_tell_their_health_and_a_stick_does_not_count(mac):
    assert macos.READER.disk_health(mac()) == "good"
    failing = {"physical_drive": {"is_internal_disk": "yes", "smart_status": "Failing"}}
    assert macos.READER.disk_health(mac(SPStorageDataType=[DISK, failing])) == "failing"
    with pytest.raises(NotImplementedError):
        macos.READER.disk_health(mac(SPStorageDataType=[STICK]))


def test_the_system_names_itself(mac):
    assert macos.READER.distribution(mac()) == "macOS 14.5"


def test_no_name_number_or_address_leaves(mac):
    machine = mac(SPDisplaysDataType=[{"spdisplays_ndrvs": [BUILT_IN, TELEVISION]}])
    reader = macos.READER
    read = (reader.camera, reader.sound, reader.display, reader.power, reader.network)
    told = "".join(findings(machine).model_dump_json() for findings in read)
    assert [name for name in PERSONAL if name in told] == []


def test_a_recording_replays_the_same_mac_without_a_name_number_or_address(mac, tmp_path):
    screens = [{"_name": "kHW_AppleM1Item", "spdisplays_ndrvs": [BUILT_IN, TELEVISION]}]
    machine = mac(WITH_UPS.replace("Back-UPS", "UPS cua co Lan"), SPDisplaysDataType=screens)
    recorded = macos.READER.record(machine)
    replayed = Machine(tmp_path, lambda command: recorded[" ".join(command)])
    assert [name for name in PERSONAL if name in json.dumps(recorded)] == []
    assert "e712ec05" not in json.dumps(recorded)  # the serial number in the EDID
    for read in (macos.READER.camera, macos.READER.sound, macos.READER.display, macos.READER.power):
        assert read(replayed) == read(machine)
    for interface in ("en0", "en4", "en5"):
        assert reading.link_of(replayed, interface) == reading.link_of(machine, interface)
    assert reading.wifi_signal_pct(replayed, "en0") == reading.wifi_signal_pct(machine, "en0")
    assert macos.READER.disk_health(replayed) == macos.READER.disk_health(machine)


def test_of_a_program_that_fails_nothing_is_recorded(tmp_path):
    def fails(command):
        raise RuntimeError("TimeoutExpired")

    assert macos.READER.record(Machine(tmp_path, fails)) == {}


def test_what_system_profiler_leaves_out_is_unsupported_and_its_failure_an_error_that_is_not_waited_for_again(tmp_path):
    asked = []

    def fails(command):
        asked.append(command)
        raise RuntimeError("TimeoutExpired")

    slow = Machine(tmp_path, fails)
    assert macos.READER.camera(slow).camera_count.why == "error"
    assert macos.READER.sound(slow).speaker_count.why == "error"
    assert asked == [programs.PROFILE]
    silent = Machine(tmp_path, lambda _: "{}")
    assert macos.READER.camera(silent).camera_count.why == "unsupported"


def test_threads_that_ask_together_start_system_profiler_once(tmp_path):
    asked, is_asked, may_answer = [], threading.Event(), threading.Event()

    def slow(command):
        asked.append(command)
        is_asked.set()
        assert may_answer.wait(30)
        return "{}"

    machine = Machine(tmp_path, slow)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(macos.READER.camera, machine)
        assert is_asked.wait(30)
        others = [threads.submit(read, machine) for read in (macos.READER.sound, macos.READER.display)]
        wait(others, timeout=0.2)  # time enough to ask for themselves, if nothing held them
        may_answer.set()
        for one in (first, *others):
            one.result(30)
    assert asked == [programs.PROFILE]
