r"""The real agent on the real Windows CPython, under Wine: it asks winreg, setupapi and the rest, not a recording.

Wine has these libraries and no devices, so the devices are written where Windows has them: into the registry of a
prefix that the test throws away. Wine's powershell.exe prints nothing: what PowerShell alone tells must say so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent import platforms
from agent.platforms.windows import cameras, displays, network, power, sounds
from agent.platforms.windows.sources import recorded

pytestmark = pytest.mark.soak

READ = {
    "camera": cameras.read,
    "sound": sounds.read,
    "display": displays.read,
    "power": power.read,
    "network": network.read,
}
PROBES = ("host", "network", "path", "software", "clock", "camera", "sound", "display", "power", "line")
PERSONAL = ("CANARY", "Lan", "zoom", "SAM0F9E", "UID4352", "TV co")
ENUM = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Enum"
DRIVERS = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Class"
AUDIO = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\MMDevices\Audio"
CONSENTS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore"
MACHINE, PERSON = rf"HKEY_LOCAL_MACHINE\{CONSENTS}", rf"HKEY_CURRENT_USER\{CONSENTS}"
CAMERA = "{ca3e7ab9-b4c3-4ae6-8251-579ef933890f}"
IMAGE = "{6bdd1fc6-810f-11d0-bec7-08002be2092f}"
BATTERY = "{72631e54-78a4-11d0-bcf7-00aa00b7b32a}"
MONITOR = "{4d36e96e-e325-11ce-bfc1-08002be10318}"
NETWORK = "{4d36e972-e325-11ce-bfc1-08002be10318}"

FIRST_INTERFACE = """
import ctypes, uuid
luid, guid = ctypes.c_uint64(), ctypes.create_string_buffer(16)
ctypes.WinDLL("iphlpapi").ConvertInterfaceIndexToLuid(1, ctypes.byref(luid))
ctypes.WinDLL("iphlpapi").ConvertInterfaceLuidToGuid(ctypes.byref(luid), guid)
print(uuid.UUID(bytes_le=guid.raw))
"""

Run = Callable[..., str]


def device(class_: str, driver: str) -> dict[str, str]:
    return {"ClassGUID": f'"{class_}"', "Service": f'"{driver}"', "FriendlyName": '"Máy ảnh của Lan"'}


def planted(edid: bytes, interface: str) -> dict[str, dict[str, str]]:
    """Return the registry of a PC with a webcam, a scanner, a UPS, a television, and a phone that shares its line.

    interface: the GUID of the one that the phone plays.
    """
    return {
        rf"{ENUM}\USB\VID_046D&PID_0825&MI_00\6&CANARY&0&0000": device(CAMERA, "usbvideo"),
        rf"{ENUM}\USB\VID_046D&PID_0825&MI_02\6&CANARY&0&0002": device(CAMERA, "usbvideo"),
        rf"{ENUM}\USB\VID_04A9&PID_190E\CANARY": device(IMAGE, "usbscan"),
        rf"{ENUM}\HID\VID_051D&PID_0002\CANARY": device(BATTERY, "HidBatt"),
        rf"{ENUM}\USB\VID_22B8&PID_2E24&MI_00\CANARY": {
            **device(NETWORK, "usbrndis6"),
            "Driver": f'"{NETWORK}\\\\0007"',
        },
        rf"{DRIVERS}\{NETWORK}\0007": {"NetCfgInstanceId": f'"{{{interface.upper()}}}"'},
        rf"{ENUM}\DISPLAY\SAM0F9E\5&1F2C3D&0&UID4352": device(MONITOR, "monitor"),
        rf"{ENUM}\DISPLAY\SAM0F9E\5&1F2C3D&0&UID4352\Device Parameters": {"EDID": "hex:" + edid.hex(",")},
        rf"{AUDIO}\Capture\{{0d0f0001}}": {"DeviceState": "dword:00000001"},
        rf"{AUDIO}\Capture\{{0d0f0002}}": {"DeviceState": "dword:00000008"},
        rf"{AUDIO}\Render\{{0d0f0003}}": {"DeviceState": "dword:10000001"},
        rf"{AUDIO}\Render\{{0d0f0004}}": {"DeviceState": "dword:00000004"},
        rf"{MACHINE}\webcam": {"Value": '"Allow"'},
        rf"{PERSON}\webcam": {"Value": '"Allow"'},
        rf"{PERSON}\webcam\NonPackaged": {"Value": '"Deny"'},
        rf"{PERSON}\webcam\NonPackaged\C:#Users#Lan#zoom.exe": {"LastUsedTimeStop": "hex(b):00,00,00,00,00,00,00,00"},
        rf"{MACHINE}\microphone": {"Value": '"Allow"'},
        rf"{PERSON}\microphone": {"Value": '"Allow"'},
        rf"{PERSON}\microphone\C5E2524A": {"LastUsedTimeStop": "hex(b):80,3e,d5,de,b1,9d,01,00"},
    }


@pytest.fixture(scope="module", params=["3.13", "3.8"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent with its Python and libraries for Windows 10 or 7, laid out as the installer for Windows does it."""
    from provisioning.bundle import exe, libraries, order

    work = tmp_path_factory.mktemp("app")
    centre = order.Centre("https://localhost", b"", "https://localhost")
    ordered = order.Order(centre, request.param, "x64", work, work, print)
    exe._lay_python(ordered, work / "app" / "python")
    libraries.lay(ordered, "exe.lock", ("win_amd64",), work / "app" / "lib")
    return work / "app"


@pytest.fixture(scope="module")
def run(app: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A function that runs the agent's Python under Wine, with nothing but pipes, and returns what it prints."""
    assert shutil.which("wine"), "apt-get install wine wine64"
    prefix = tmp_path_factory.mktemp("wine")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(prefix),
        "LC_ALL": "C.UTF-8",
        "WINEPREFIX": str(prefix),
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree=;mshtml=",  # what it would offer to download
        "DIEMCAU_AGENT_HOME": r"C:\agent",
    }

    def wine(*command: object, given: str = "") -> str:
        ended = subprocess.run(
            ["wine", *map(str, command)], input=given.encode(), capture_output=True, env=environ, timeout=300
        )
        assert ended.returncode == 0, ended.stderr.decode("utf-8", "replace")
        return ended.stdout.decode("utf-8").replace("\r\n", "\n")

    wine("wineboot", "--init")
    try:
        yield lambda *command, given="": wine(*command, given=given)
    finally:
        subprocess.run(["wineserver", "--kill", "--wait"], env=environ, timeout=60)


@pytest.fixture(scope="module")
def python(run: Run, app: Path) -> Run:
    """A function that runs the agent's Python with arguments."""
    return lambda *arguments, given="": run(app / "python" / "python.exe", "-I", *arguments, given=given)


@pytest.fixture(scope="module")
def said(run: Run, python: Run, edid, tmp_path_factory) -> dict[str, Any]:
    """What `inventory --record` wrote on the machine that was planted."""
    folder = tmp_path_factory.mktemp("said")
    keys = planted(edid(1920, 1080, 88, 50, True), python("-c", FIRST_INTERFACE).strip()).items()
    lines = "\n".join(f"[{key}]\n" + "".join(f'"{name}"={values[name]}\n' for name in values) for key, values in keys)
    (folder / "machine.reg").write_text(f"Windows Registry Editor Version 5.00\n\n{lines}", encoding="utf-16")
    run("reg", "import", folder / "machine.reg")
    python("-m", "agent.cli", "inventory", "--json", "--record", folder / "said.json")
    said: dict[str, Any] = json.loads((folder / "said.json").read_text(encoding="utf-8"))
    return said


def test_what_stands_in_the_registry_is_read_by_windows_own_libraries(said):
    found = said["findings"]
    assert said["platform"] == "windows"
    assert found["camera"] == {
        "kind": "camera",
        "camera_count": {"value": 1},  # of two devices, its picture and its infrared one; the scanner is none
        "models": {"value": ["046d:0825"]},
        "is_allowed": {"value": False},
        "is_in_use": {"value": True},
    }
    assert found["sound"] == {
        "kind": "sound",
        "microphone_count": {"value": 1},
        "speaker_count": {"value": 1},
        "unplugged_count": {"value": 1},
        "is_microphone_allowed": {"value": True},
        "is_microphone_in_use": {"value": False},
    }
    assert found["power"]["has_ups"] == {"value": True}
    assert found["network"]["mobile_interfaces"] == {"value": 1}
    television = {name: found["display"][name]["value"] for name in found["display"] if name not in ("kind", "plugs")}
    there = {"width_px": 1920, "height_px": 1080, "diagonal_cm": 101, "has_speakers": True}
    assert television == {"display_count": 2, **there}  # Wine has a screen of its own, which tells nothing of itself


def test_what_only_libraries_tell_is_what_the_system_below_has(said):
    here = platforms.reader("linux").network(platforms.this_machine())
    found = said["findings"]["network"]
    assert found["has_default_route"] == {"value": here.has_default_route.value}
    assert found["link"] == {"value": here.link.value}
    assert said["machine"]["waves"] == {"value": {"inputs": 0, "outputs": 0}}
    assert set(said["machine"]["supply"]["value"]) == {"ac_line", "battery_flag", "battery_pct"}


def test_what_wine_has_not_says_why_and_costs_nothing_else(said):
    assert said["machine"]["wmi"] == {"why": "error"}  # Wine's powershell.exe prints nothing
    assert said["machine"]["rssi_dbm"] == {"why": "absent"}
    assert said["findings"]["display"]["plugs"] == {"why": "error"}
    assert [name for name, answer in said["machine"].items() if "value" not in answer] == ["rssi_dbm", "wmi"]


def test_a_recording_made_there_reads_the_same_here(said):
    sources = recorded(said["machine"])
    for kind, read in READ.items():
        assert read(sources).model_dump(mode="json", exclude_none=True) == said["findings"][kind], kind


def test_nothing_in_the_recording_tells_whose_machine_it_is(said):
    for personal in PERSONAL:
        assert personal not in json.dumps(said, ensure_ascii=False), personal


def test_a_whole_round_measures_everything_there_too(python, probe_server, tmp_path, keep_permit_key):
    keep_permit_key(tmp_path)
    home = f"Z:{tmp_path}".replace("/", "\\")
    request = {"device": "dev-00000001", "occasion": "once", "probes": [], "home": home, "measured": [], "done": []}
    request |= {"boot_id": "", "is_clock_plausible": None}
    printed = python("-m", "agent.round", given=json.dumps({**request, "server": probe_server._asdict()}))
    report = json.loads(printed.splitlines()[-1].removeprefix("report "))
    found = {m["probe"]: m.get("findings") for m in report["measurements"]}
    assert {m["probe"]: m["failure"] for m in report["measurements"] if "failure" in m} == {}
    assert sorted(found) == sorted(PROBES)
    host = {name: fact for name, fact in found["host"].items() if name not in ("kind", "temperature_c", "disk_health")}
    assert [name for name, fact in host.items() if "value" not in fact] == []
    assert found["host"]["temperature_c"] == found["host"]["disk_health"] == {"why": "error"}
    assert found["software"]["os_name"] == {"value": "Windows"}
    assert found["path"]["received"] > 0
    assert found["line"]["download_mbps"] > 0
    assert "value" in found["clock"]["offset_ms"]


def test_the_command_line_speaks_vietnamese_into_a_pipe(python):
    assert "Phần mềm kiểm tra của điểm cầu" in python("-m", "agent.cli", "--help")


def test_the_machine_is_known_by_what_windows_says_of_its_board_and_card(python):
    printed = python("-c", "import json; from agent import hardware; print(json.dumps(hardware.facts()))")
    kinds = set(json.loads(printed.splitlines()[-1]))
    assert kinds <= {"board", "card"}
    assert kinds


def test_the_proxy_of_windows_internet_settings_is_used_and_switched_off_there(run, python):
    key = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
    values = {"ProxyServer": "http=web:80;https=safe:3128", "ProxyOverride": "*.local;<local>"}
    for name, value in values.items():
        run("reg", "add", key, "/v", name, "/t", "REG_SZ", "/d", value, "/f")
    ask = "from agent.proxy import find; print(*(find(host) for host in ('centre.example.vn', 'pc.local', 'printer')))"
    for is_on, found in (("1", "Proxy(host='safe', port=3128, credentials='') None None"), ("0", "None None None")):
        run("reg", "add", key, "/v", "ProxyEnable", "/t", "REG_DWORD", "/d", is_on, "/f")
        assert python("-c", ask).splitlines()[-1] == found
