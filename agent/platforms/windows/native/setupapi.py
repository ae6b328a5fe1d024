r"""setupapi and cfgmgr32: the devices that are present, by their class.

Their drivers and a screen's EDID stand in the registry, under Enum\<instance id>; so does where to find the GUID of a
network card's interface, which the network calls it by:

HKLM\SYSTEM\CurrentControlSet\Enum\USB\VID_046D&PID_0825&MI_00\6&2c24ce2e&0&0000             Service = usbvideo
HKLM\SYSTEM\CurrentControlSet\Enum\DISPLAY\SAM0F9E\5&1f2c3d&0&UID4352\Device Parameters     EDID = 00 ff ff ff ...
HKLM\SYSTEM\CurrentControlSet\Enum\USB\VID_22B8&PID_2E24&MI_00\7&1a2b3c     Driver = {4d36e972-...}\0007
HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e972-...}\0007             NetCfgInstanceId = {8c5f...}
"""

from __future__ import annotations

import ctypes
import sys
import uuid
from ctypes import wintypes
from itertools import count
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from agent.platforms.edid import EdidError, parse
from agent.platforms.windows.native import registry
from agent.platforms.windows.sources import Device, Monitor

if sys.platform != "win32":
    raise ImportError("only on Windows")
import winreg

_CLASSES = {  # devguid.h, and for cameras "System-Defined Device Setup Classes Available to Vendors"
    "camera": uuid.UUID("ca3e7ab9-b4c3-4ae6-8251-579ef933890f"),
    "image": uuid.UUID("6bdd1fc6-810f-11d0-bec7-08002be2092f"),
    "battery": uuid.UUID("72631e54-78a4-11d0-bcf7-00aa00b7b32a"),
}
_MONITOR = uuid.UUID("4d36e96e-e325-11ce-bfc1-08002be10318")
_NETWORK = uuid.UUID("4d36e972-e325-11ce-bfc1-08002be10318")
_IS_PRESENT = 0x2  # DIGCF_PRESENT
_NONE = ctypes.c_void_p(-1).value  # INVALID_HANDLE_VALUE
_HAS_PROBLEM = 0x400  # DN_HAS_PROBLEM
_MOST = 200  # MAX_DEVICE_ID_LEN
_ENUM = r"SYSTEM\CurrentControlSet\Enum"
_DRIVERS = r"SYSTEM\CurrentControlSet\Control\Class"


class _Node(ctypes.Structure):
    """SP_DEVINFO_DATA of setupapi.h."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("class_", ctypes.c_byte * 16),
        ("number", wintypes.DWORD),
        ("reserved", ctypes.c_void_p),
    )


class _Found(NamedTuple):
    instance: str
    is_working: bool


def devices() -> Dict[str, List[Device]]:
    """Return the devices of each class that is of use; raises OSError."""
    return {name: [_device(found) for found in _present(guid)] for name, guid in _CLASSES.items()}


def monitors() -> List[Monitor]:
    """Return the screens; raises OSError."""
    return [Monitor(is_working=found.is_working, edid=_edid(found.instance)) for found in _present(_MONITOR)]


def interface_drivers() -> Dict[str, str]:
    """Return the driver of each network interface, by the interface's GUID in small letters; raises OSError."""
    drivers = {}
    for found in _present(_NETWORK):
        place = _value(rf"{_ENUM}\{found.instance}", "Driver")
        guid = _value(rf"{_DRIVERS}\{place}", "NetCfgInstanceId")
        drivers[str(guid).strip("{}").lower()] = _driver(found.instance)
    return drivers


def _device(found: _Found) -> Device:
    id_ = found.instance.rpartition("\\")[0]
    return Device(id=id_, driver=_driver(found.instance), is_working=found.is_working)


def _driver(instance: str) -> str:
    return str(_value(rf"{_ENUM}\{instance}", "Service") or "")


def _value(path: str, name: str) -> Any:
    return registry.value(winreg.HKEY_LOCAL_MACHINE, path, name)


def _edid(instance: str) -> Optional[Dict[str, Any]]:
    edid = _value(rf"{_ENUM}\{instance}\Device Parameters", "EDID")
    try:
        return parse(edid)._asdict() if isinstance(edid, bytes) else None
    except EdidError:
        return None


def _present(guid: uuid.UUID) -> Iterator[_Found]:
    library = ctypes.WinDLL("setupapi", use_last_error=True)
    library.SetupDiGetClassDevsW.restype = ctypes.c_void_p
    devices = library.SetupDiGetClassDevsW(guid.bytes_le, None, None, _IS_PRESENT)
    if devices == _NONE:
        raise ctypes.WinError(ctypes.get_last_error())
    devices, node, instance = ctypes.c_void_p(devices), _Node(), ctypes.create_unicode_buffer(_MOST)
    node.size = ctypes.sizeof(node)
    try:
        for index in count():
            if not library.SetupDiEnumDeviceInfo(devices, index, ctypes.byref(node)):
                return
            if library.SetupDiGetDeviceInstanceIdW(devices, ctypes.byref(node), instance, _MOST, None):
                yield _Found(instance.value, _is_working(node.number))
    finally:
        library.SetupDiDestroyDeviceInfoList(devices)


def _is_working(node: int) -> bool:
    status, problem = wintypes.ULONG(), wintypes.ULONG()
    library = ctypes.WinDLL("cfgmgr32")
    failed = library.CM_Get_DevNode_Status(ctypes.byref(status), ctypes.byref(problem), node, 0)
    return not failed and not status.value & _HAS_PROBLEM
