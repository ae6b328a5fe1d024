"""What a Mac's programs tell, as findings and facts."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from agent.facts import fact, unsupported
from agent.platforms import nut, other
from agent.platforms.edid import Edid, parse
from agent.platforms.machine import Machine
from agent.platforms.macos.programs import BATTERIES, VERSION, told
from agent.platforms.wifi import signal_pct
from contract.findings import Camera, Display, Health, Network, Power, Sound

USB_CAMERA = re.compile(r"VendorID_(\d+) ProductID_(\d+)")  # UVC Camera VendorID_1133 ProductID_2085
_SIZE = re.compile(r"(\d+) ?x ?(\d+)")  # 1920 x 1080, spdisplays_2560x1600Retina
_BATTERY = re.compile(r"^ -(.*?)\s*(?:\(id=\d+\))?\s+(\d+)%;", re.MULTILINE)  # ` -InternalBattery-0 (id=1)\t87%; …`
_SOURCE = re.compile(r"^Now drawing from '(\w+) Power'", re.MULTILINE)
_SIGNAL = re.compile(r"(-\d+) dBm")  # `-54 dBm / -92 dBm`: signal and noise
_NO_HARDWARE = ("virtual", "aggregate")  # a program's output into another's input, and devices joined into one
_PLUGS = ("internal", "hdmi", "displayport", "dvi", "vga")  # the part of spdisplays_internal that tells
_LINKS = {"AirPort": "wifi", "Ethernet": "ethernet", "PPP": "mobile", "WWAN": "mobile", "Modem": "mobile"}


class Screen(NamedTuple):
    """One screen that shows something."""

    plug: str
    width_px: int
    height_px: int
    edid: Optional[Edid]


def camera(machine: Machine) -> Camera:
    """Count the cameras and name the make of those on USB."""
    return Camera(
        camera_count=fact(lambda: len(told(machine, "SPCameraDataType"))),
        models=fact(lambda: _usb_models(machine)[:16]),
        is_allowed=fact(unsupported),
        is_in_use=fact(unsupported),
    )


def sound(machine: Machine) -> Sound:
    """Count what captures and what plays."""
    return Sound(
        microphone_count=fact(lambda: sum("coreaudio_device_input" in device for device in _audio(machine))),
        speaker_count=fact(lambda: sum("coreaudio_device_output" in device for device in _audio(machine))),
        unplugged_count=fact(unsupported),
        is_microphone_allowed=fact(unsupported),
        is_microphone_in_use=fact(unsupported),
    )


def display(machine: Machine) -> Display:
    """Read the screens; size and speakers are the largest one's."""
    return Display(
        display_count=fact(lambda: len(_screens(machine))),
        plugs=fact(lambda: [screen.plug for screen in _screens(machine)][:16]),
        width_px=fact(lambda: _largest(machine).width_px),
        height_px=fact(lambda: _largest(machine).height_px),
        diagonal_cm=fact(lambda: _edid_of_largest(machine).diagonal_cm),
        has_speakers=fact(lambda: _edid_of_largest(machine).has_sound),
    )


def power(machine: Machine) -> Power:
    """Read what the Mac runs on: pmset counts a UPS among the batteries."""
    return Power(
        is_on_mains=fact(lambda: _source(machine) == "AC"),
        battery_pct=fact(lambda: _charge_pct(machine, of_ups=False)),
        has_ups=fact(lambda: _charge_pct(machine, of_ups=True) is not None or nut.ups() is not None),
        ups_battery_pct=fact(lambda: _ups_battery_pct(machine)),
    )


def network(machine: Machine) -> Network:
    """Read the facts by psutil, the kind of link and the Wi-Fi's strength by system_profiler."""
    by_profile = {
        "link": fact(lambda: link_of(machine, other.default_name())),
        "wifi_signal_pct": fact(lambda: wifi_signal_pct(machine, other.default_name())),
    }
    return other.network(machine).model_copy(update=by_profile)


def link_of(machine: Machine, interface: str) -> str:
    """Return the kind of link of an interface; raises LookupError when no service uses it."""
    for service in told(machine, "SPNetworkDataType"):
        if service.get("interface") == interface:
            if "iPhone" in service["_name"] or "Android" in service["_name"]:  # a phone as a modem looks like a cable
                return "mobile"
            return _LINKS.get(service.get("hardware") or service["type"], "other")
    raise LookupError("no network service uses it")


def wifi_signal_pct(machine: Machine, interface: str) -> float:
    """Return how strong an interface's Wi-Fi is; raises LookupError when it has none."""
    for card in told(machine, "SPAirPortDataType"):
        for one in card.get("spairport_airport_interfaces", []):
            joined = one.get("spairport_current_network_information", {})
            signal = _SIGNAL.match(joined.get("spairport_signal_noise", ""))
            if one["_name"] == interface and signal:
                return signal_pct(float(signal[1]))
    raise LookupError("not on Wi-Fi")


def disk_health(machine: Machine) -> Health:
    """Return what the worst of the built-in disks says of itself (SMART); raises NotImplementedError when none does."""
    drives = [volume.get("physical_drive", {}) for volume in told(machine, "SPStorageDataType")]
    health = {drive.get("smart_status") for drive in drives if drive.get("is_internal_disk") == "yes"}
    if "Failing" in health:
        return "failing"
    if "Verified" in health:
        return "good"
    raise NotImplementedError("no disk tells")


def distribution(machine: Machine) -> str:
    """Return the system's own name, `macOS 14.5`; raises KeyError when it does not tell."""
    lines = dict(line.split(":", 1) for line in machine.run(VERSION).splitlines() if ":" in line)
    return f"{lines['ProductName'].strip()} {lines['ProductVersion'].strip()}"


def _usb_models(machine: Machine) -> List[str]:
    models = [
        USB_CAMERA.search(found.get("spcamera_model-id") or found.get("spcamera_model_id") or "")  # before macOS 13
        for found in told(machine, "SPCameraDataType")
    ]
    return [f"{int(model[1]):04x}:{int(model[2]):04x}" for model in models if model]


def _audio(machine: Machine) -> Iterator[Dict[str, Any]]:
    groups = list(told(machine, "SPAudioDataType"))
    for group in groups:
        groups += group.get("_items", [])  # older systems group the groups
        if not group.get("coreaudio_device_transport", "").endswith(_NO_HARDWARE):
            yield group


def _screens(machine: Machine) -> List[Screen]:
    cards = told(machine, "SPDisplaysDataType")
    screens = [screen for card in cards for screen in card.get("spdisplays_ndrvs", [])]
    return [_screen(screen) for screen in screens if screen.get("spdisplays_online") != "spdisplays_no"]


def _screen(found: Dict[str, Any]) -> Screen:
    connection = found.get("spdisplays_connection_type", "")
    plug = next((plug for plug in _PLUGS if plug in connection), "other")
    # A Retina screen tells its own size; the pixels are those drawn, which it scales.
    size = _SIZE.search(found.get("spdisplays_pixelresolution", "")) or _SIZE.search(found["_spdisplays_pixels"])
    if size is None:
        raise ValueError("a screen without a size")
    return Screen(plug, int(size[1]), int(size[2]), _edid(found.get("_spdisplays_edid", "")))


def _edid(printed: str) -> Optional[Edid]:
    """Read an EDID printed as 0x00ffff…; those of Apple's own processors print none."""
    try:
        return parse(bytes.fromhex(printed[len("0x") :]))
    except ValueError:  # EdidError too
        return None


def _largest(machine: Machine) -> Screen:
    """Return the screen with the most pixels; raises LookupError when there is none."""
    screens = _screens(machine)
    if not screens:
        raise LookupError("no screen")
    return max(screens, key=lambda screen: screen.width_px * screen.height_px)


def _edid_of_largest(machine: Machine) -> Edid:
    edid = _largest(machine).edid
    if edid is None:
        raise NotImplementedError("this Mac does not tell what its screens say")
    return edid


def _source(machine: Machine) -> str:
    """Return what the Mac draws from: AC, Battery or UPS; raises LookupError when it does not tell."""
    source = _SOURCE.search(machine.run(BATTERIES))
    if source is None:
        raise LookupError("not told")
    return source[1]


def _charge_pct(machine: Machine, *, of_ups: bool) -> Optional[float]:
    """Return the charge of the emptiest battery of the Mac's own, or of a UPS; None of none."""
    batteries = _BATTERY.findall(machine.run(BATTERIES))
    own = (float(pct) for name, pct in batteries if name.startswith("InternalBattery") is not of_ups)
    return min(own, default=None)


def _ups_battery_pct(machine: Machine) -> Optional[float]:
    own_pct = _charge_pct(machine, of_ups=True)
    return nut.battery_pct() if own_pct is None else own_pct
