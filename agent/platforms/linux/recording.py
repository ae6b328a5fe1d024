"""What is copied of a Linux machine for a test, and what is taken out of it first."""

from __future__ import annotations

import re
from typing import Any, Dict

from agent.platforms import edid, tree
from agent.platforms.machine import Machine

_TABLES = ("proc/net/route", "proc/net/wireless")
_PATTERNS = (
    "sys/class/video4linux/*/index",
    "sys/class/video4linux/*/device/../idVendor",
    "sys/class/video4linux/*/device/../idProduct",
    "proc/asound/cards",
    "proc/asound/pcm",
    "proc/asound/card*/eld#*",
    "sys/class/drm/*/status",
    "sys/class/drm/*/modes",
    "sys/class/drm/*/edid",
    "sys/class/power_supply/*/type",
    "sys/class/power_supply/*/scope",
    "sys/class/power_supply/*/online",
    "sys/class/power_supply/*/capacity",
    "sys/class/thermal/thermal_zone*/temp",
    "sys/class/hwmon/hwmon*/temp*_input",
    "sys/block/mmcblk*/device/pre_eol_info",
    "sys/class/net/*/type",
    "sys/class/net/*/speed",
    "sys/class/net/*/duplex",
    "sys/class/net/*/operstate",
    "sys/class/net/*/wireless",
    "sys/class/net/*/phy80211",
    "sys/class/net/*/device/driver",
    *_TABLES,
    "etc/os-release",
)
_CARD = re.compile(r"^( *\d+ \[)\w+( *\]: \S+).*\n.*$", re.MULTILINE)
_PCM = re.compile(r"^(\d+-\d+): (.*)$", re.MULTILINE)
_MONITOR = re.compile(r"^(monitor_name\s+).*$", re.MULTILINE)
_INTERFACE = re.compile(r"(/net/)([^/]+)")  # in a path of sysfs, and in the target of a link
_ROW = re.compile(r"^( *)([^\s|]+?)(?=\t[0-9A-F]{8}\t|: )", re.MULTILINE)  # of proc/net/route, of proc/net/wireless
_NOT_CHOSEN = re.compile(  # by people: the kernel's, systemd's and Android's names
    r"lo|(?:eth|wlan|wwan|usb|ppp|rmnet|rmnet_data|ccmni)\d+|(?:en|wl|ww)(?:x[0-9a-f]{12}|(?:[a-zP]{1,2}\d+)+)"
)
_HEX = re.compile(r"\b[0-9A-F]{8}\b")


def record(machine: Machine) -> Dict[str, Any]:
    """Return a copy of what the readers read, without names, serial numbers and addresses."""
    files = tree.copy(machine.root, _PATTERNS)
    files = {name: _anonymous(name, value) for name, value in files.items()}
    return tree.without_addresses(_without_chosen_names(files))


def _without_chosen_names(files: tree.Files) -> tree.Files:
    """Return the files with every interface that somebody named, such as a VPN, called if0, if1 ..."""
    numbers: Dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        before, name = match.groups()
        return before + (name if _NOT_CHOSEN.fullmatch(name) else numbers.setdefault(name, f"if{len(numbers)}"))

    def clean(name: str, value: Any) -> Any:
        if name in _TABLES and isinstance(value, str):
            return _ROW.sub(numbered, value)
        is_link = isinstance(value, dict) and "link" in value
        return {"link": _INTERFACE.sub(numbered, value["link"])} if is_link else value

    return {
        name if name in _TABLES else _INTERFACE.sub(numbered, name): clean(name, value) for name, value in files.items()
    }


def _anonymous(name: str, value: Any) -> Any:
    """Take out of a file what could tell whose machine it is."""
    if name.endswith("/edid") and isinstance(value, dict) and "hex" in value:
        return {"hex": edid.anonymous(bytes.fromhex(value["hex"])).hex()}
    if not isinstance(value, str):
        return value
    if name.endswith("/edid"):  # a text is none
        return ""
    if name == "proc/asound/cards":
        return _CARD.sub(r"\1card\2 - -", value)
    if name == "proc/asound/pcm":
        return _PCM.sub(_pcm, value)
    if "/eld#" in name:
        return _MONITOR.sub(r"\1-", value)
    return _HEX.sub(_route, value) if name == "proc/net/route" else value


def _pcm(match: re.Match[str]) -> str:
    """Return the line of a device with its name replaced by whether it belongs to a screen."""
    _, _, ways = match[2].partition(" : ")[2].partition(" : ")
    is_screen = "HDMI" in match[2] or "DisplayPort" in match[2]
    return f"{match[1]}: {'HDMI' if is_screen else '-'} : {'HDMI' if is_screen else '-'} : {ways}"


def _route(match: re.Match[str]) -> str:
    """Return an address of a route as none, and a mask or the default as it is: 00000000, 00FFFFFF."""
    return match[0] if set(match[0]) <= {"0", "F"} else "01010101"
