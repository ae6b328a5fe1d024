"""What is copied of a Mac for a test, and what is taken out of it first.

A recording has what each program printed under its command line. Of system_profiler's output only what readers read is
copied, and of that no name but those that the system itself gives.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, Dict

from agent.platforms import edid
from agent.platforms.machine import Machine
from agent.platforms.macos.programs import BATTERIES, PROFILE, VERSION
from agent.platforms.macos.reading import USB_CAMERA

_KEPT = re.compile(
    r"SP\w+DataType|_items|_name|spcamera_model.id|coreaudio_device_(?:input|output|transport)"
    r"|spdisplays_(?:ndrvs|connection_type|online|pixelresolution)|_spdisplays_(?:pixels|edid)"
    r"|interface|hardware|type|spairport_(?:airport_interfaces|current_network_information|signal_noise)"
    r"|physical_drive|is_internal_disk|smart_status"
)
_SYSTEMS_OWN = re.compile(r"en\d+|iPhone USB")
_UPS = re.compile(r"^ -(?!InternalBattery).*?(?=\s*(?:\(id=\d+\))?\t)", re.MULTILINE)


def record(machine: Machine) -> Dict[str, Any]:
    """Return what the programs printed, without names, serial numbers and addresses; nothing of one that failed."""
    printed: Dict[str, Any] = {}
    with suppress(OSError, RuntimeError, ValueError):
        printed[" ".join(PROFILE)] = json.dumps(_anonymous("", json.loads(machine.run(PROFILE))))
    with suppress(OSError, RuntimeError):
        printed[" ".join(BATTERIES)] = _UPS.sub(" -UPS", machine.run(BATTERIES))
    with suppress(OSError, RuntimeError):
        printed[" ".join(VERSION)] = machine.run(VERSION)
    return printed


def _anonymous(key: str, value: Any) -> Any:
    """Copy a value of system_profiler's, given its key."""
    if isinstance(value, dict):
        return {name: _anonymous(name, inner) for name, inner in value.items() if _KEPT.fullmatch(name)}
    if isinstance(value, list):
        return [_anonymous(key, inner) for inner in value]
    if key == "_spdisplays_edid":
        return _anonymous_edid(value)
    if key == "_name":
        return value if _SYSTEMS_OWN.fullmatch(value) else "-"
    if key.startswith("spcamera_model"):
        model = USB_CAMERA.search(value)
        return model[0] if model else "-"
    return value


def _anonymous_edid(printed: str) -> str:
    try:
        return "0x" + edid.anonymous(bytes.fromhex(printed[len("0x") :])).hex()
    except ValueError:
        return ""
