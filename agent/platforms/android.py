"""Android, as far as an app may look: what Termux runs as. Linux's files where the system lets us read them.

What it does not let us read says `denied`: most of /proc/net from Android 10 on, much of /sys, which differs from box
to box. A television box with an Amlogic processor tells of its HDMI plug in files of its own. The rest comes from
getprop, and from the add-on Termux:API where it is installed.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import lru_cache
from typing import Any, Dict, Iterator, Optional, Tuple

from agent.facts import fact, unsupported
from agent.platforms import other, tree
from agent.platforms.edid import Edid, anonymous, parse
from agent.platforms.linux import computer, power
from agent.platforms.linux import network as linux_network
from agent.platforms.linux.cameras import usb_models
from agent.platforms.linux.files import entries, text
from agent.platforms.linux.recording import record as linux_record
from agent.platforms.machine import Machine, Reader
from agent.platforms.wifi import signal_pct
from contract.findings import Camera, Display, Health, Network, Sound

# Termux:API, each prints one JSON value; without the app behind them they print nothing, or wait.
CAMERAS = ("termux-camera-info",)
AUDIO = ("termux-audio-info",)
WIFI = ("termux-wifi-connectioninfo",)

_HDMI = "sys/class/amhdmitx/amhdmitx0"
_MODE_FILE = "sys/class/display/mode"
_LINKS = {"wlan": "wifi", "eth": "ethernet", "rmnet": "mobile", "ccmni": "mobile", "ppp": "mobile", "wwan": "mobile"}
_MODE = re.compile(r"(?:(\d+)x)?(\d+)[pi]\d+hz")  # 1080p60hz, 3840x2160p60hz
_WIDTHS_PX = {480: 720, 576: 720, 720: 1280, 1080: 1920, 2160: 3840}  # of a picture this high (CTA-861)


def camera(machine: Machine) -> Camera:
    """Count the cameras that apps see, or those on USB where nobody tells; name the make of those on USB."""
    return Camera(
        camera_count=fact(lambda: _camera_count(machine)),
        models=fact(lambda: usb_models(machine.root)[:16]),
        is_allowed=fact(unsupported),
        is_in_use=fact(unsupported),
    )


def sound(machine: Machine) -> Sound:
    """Count the speakers that are known of; a television's own, and any microphone, are told to nobody."""
    return Sound(
        microphone_count=fact(unsupported),
        speaker_count=fact(lambda: _speakers(machine)),
        unplugged_count=fact(unsupported),
        is_microphone_allowed=fact(unsupported),
        is_microphone_in_use=fact(unsupported),
    )


def display(machine: Machine) -> Display:
    """Read the screen at the box's HDMI plug."""
    return Display(
        display_count=fact(lambda: int(_is_plugged(machine))),
        plugs=fact(lambda: ["hdmi"] if _is_plugged(machine) else []),
        width_px=fact(lambda: _size(machine)[0]),
        height_px=fact(lambda: _size(machine)[1]),
        diagonal_cm=fact(lambda: _edid(machine).diagonal_cm),
        has_speakers=fact(lambda: _edid(machine).has_sound),
    )


def network(machine: Machine) -> Network:
    """Read the link by Linux's files, its kind by its name, which Android gives."""
    by_name = {
        "link": fact(lambda: link_by_name(other.default_name())),
        "has_default_route": fact(other.has_default_route),
        "wifi_signal_pct": fact(lambda: wifi_signal_pct(machine)),
        "mobile_interfaces": fact(unsupported),
    }
    return linux_network.read_link(machine, other.default_name).model_copy(update=by_name)


def link_by_name(name: str) -> str:
    """Return the kind of link of an interface: wlan0, eth0, rmnet_data0, ccmni1."""
    return next((link for prefix, link in _LINKS.items() if name.startswith(prefix)), "other")


def wifi_signal_pct(machine: Machine) -> float:
    """Return how strong the Wi-Fi is; raises LookupError when it is not used."""
    told = _told(machine, WIFI)
    if told.get("supplicant_state") != "COMPLETED":
        raise LookupError("not on Wi-Fi")
    return signal_pct(told["rssi"])


def temperature_c(machine: Machine) -> float:
    """Return the temperature of the hottest sensor; raises PermissionError where apps may not look."""
    entries(machine.root / "sys" / "class" / "thermal")
    return computer.temperature_c(machine)


def disk_health(machine: Machine) -> Health:
    """Return how the box's flash says it is; raises PermissionError where apps may not look."""
    entries(machine.root / "sys" / "block")
    return computer.disk_health(machine)


def distribution(machine: Machine) -> str:
    """Return release and model, `Android 14, vnptt_smb_3`; raises LookupError when the release is hidden."""
    release, model = (
        machine.run(("getprop", name)).strip() for name in ("ro.build.version.release", "ro.product.model")
    )
    if not release:
        raise LookupError("hidden")
    return f"Android {release}, {model}" if model else f"Android {release}"


def record(machine: Machine) -> Dict[str, Any]:
    """Return a copy of the files that are read, without names, serial numbers and addresses."""
    raw_edid = f"{_HDMI}/rawedid"
    files = tree.copy(machine.root, (f"{_HDMI}/hpd_state", f"{_HDMI}/disp_cap", raw_edid, _MODE_FILE))
    told = files.pop(raw_edid, None)
    with suppress(TypeError, ValueError):  # not there, denied, or no EDID
        files[raw_edid] = anonymous(bytes.fromhex(told)).hex()
    return {**linux_record(machine), **files}


def _told(machine: Machine, command: Tuple[str, ...]) -> Any:
    """Return what a program of Termux:API tells; raises NotImplementedError when the add-on is not there."""
    told, error = _answer(machine, command)
    if isinstance(error, FileNotFoundError):
        raise NotImplementedError("Termux:API is not installed") from error
    if error is not None:
        raise error
    if isinstance(told, dict) and "error" in told:  # Please grant the following permission …
        raise PermissionError(command[0])
    return told


@lru_cache(maxsize=4)
def _answer(machine: Machine, command: Tuple[str, ...]) -> Tuple[Any, Optional[Exception]]:
    """Ask Termux:API once: a failure is kept too, or every fact would wait for it again."""
    try:
        return json.loads(machine.run(command)), None
    except (OSError, RuntimeError, ValueError) as error:
        return None, error


def _camera_count(machine: Machine) -> int:
    """Count by Termux:API; without it only those on USB are known of, and none of them does not mean none."""
    try:
        told = _told(machine, CAMERAS)
    except NotImplementedError:
        on_usb = usb_models(machine.root)
        if not on_usb:
            raise
        return len(on_usb)
    if not isinstance(told, list):
        raise ValueError("not a list of cameras")
    return len(told)


def _speakers(machine: Machine) -> int:
    told = _told(machine, AUDIO)
    known = bool(told["WIREDHEADSET_IS_CONNECTED"]) + bool(told["BLUETOOTH_A2DP_IS_ON"])
    if not known:
        raise NotImplementedError("its own speakers are told to nobody")
    return known


def _hdmi(machine: Machine, name: str) -> str:
    """Return what Amlogic's HDMI driver tells; raises NotImplementedError on other processors."""
    try:
        return text(machine.root / _HDMI / name)
    except FileNotFoundError as error:
        raise NotImplementedError(name) from error


def _is_plugged(machine: Machine) -> bool:
    return _hdmi(machine, "hpd_state") == "1"


def _edid(machine: Machine) -> Edid:
    """Read what the screen says of itself; raises LookupError when there is none, EdidError of nonsense."""
    if not _is_plugged(machine):
        raise LookupError("nothing is plugged in")
    return parse(bytes.fromhex(_hdmi(machine, "rawedid")))


def _size(machine: Machine) -> Tuple[int, int]:
    """Return the size of the picture that goes out; where that is not told, of the one that the screen prefers."""
    if not _is_plugged(machine):
        raise LookupError("nothing is plugged in")
    for mode in _modes(machine):
        size = _MODE.match(mode)
        if size is not None and (size[1] or int(size[2]) in _WIDTHS_PX):
            height_px = int(size[2])
            return int(size[1] or _WIDTHS_PX[height_px]), height_px
    edid = _edid(machine)
    return edid.width_px, edid.height_px


def _modes(machine: Machine) -> Iterator[str]:
    """Yield the mode that goes out, then the one of those the screen offers that it prefers, which has a star."""
    with suppress(OSError):
        yield text(machine.root / _MODE_FILE)
    with suppress(OSError, NotImplementedError):
        yield from (mode for mode in _hdmi(machine, "disp_cap").splitlines() if mode.endswith("*"))


READER = Reader(
    camera=camera,
    sound=sound,
    display=display,
    power=power.read,
    network=network,
    gateway=linux_network.gateway,
    temperature_c=temperature_c,
    disk_health=disk_health,
    distribution=distribution,
    record=record,
)
