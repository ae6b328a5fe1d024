"""wlanapi: how strong the Wi-Fi is.

Asked for the strength alone (wlan_intf_opcode_rssi). Windows 11 24H2 counts the fuller answer, of the current
connection, as asking where the person is: it is denied, and a question pops up on the screen (Microsoft, "Changes to
API behavior for Wi-Fi access and location").
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

if sys.platform != "win32":
    raise ImportError("only on Windows")

_VERSION = 2  # since Windows Vista
_CONNECTED = 1  # wlan_interface_state_connected
_RSSI = 0x10000102  # wlan_intf_opcode_rssi


class _Interface(ctypes.Structure):
    """WLAN_INTERFACE_INFO of wlanapi.h."""

    _fields_ = (("guid", ctypes.c_byte * 16), ("description", wintypes.WCHAR * 256), ("state", ctypes.c_int))


class _Interfaces(ctypes.Structure):
    """WLAN_INTERFACE_INFO_LIST, whose rows begin at `first`."""

    _fields_ = (("length", wintypes.DWORD), ("index", wintypes.DWORD), ("first", _Interface))


def rssi_dbm() -> int:
    """Return the strength of the first Wi-Fi that is connected; raises LookupError without one, OSError."""
    library = ctypes.WinDLL("wlanapi")  # an edition for servers has none: FileNotFoundError
    version, client = wintypes.DWORD(), wintypes.HANDLE()
    if library.WlanOpenHandle(_VERSION, None, ctypes.byref(version), ctypes.byref(client)):
        raise LookupError("nothing here takes care of Wi-Fi")
    try:
        return _first_dbm(library, client)
    finally:
        library.WlanCloseHandle(client, None)


def _first_dbm(library: ctypes.CDLL, client: wintypes.HANDLE) -> int:
    found = ctypes.POINTER(_Interfaces)()
    failed = library.WlanEnumInterfaces(client, None, ctypes.byref(found))
    if failed:
        raise ctypes.WinError(failed)
    try:
        start = ctypes.addressof(found.contents) + _Interfaces.first.offset
        for interface in (_Interface * found.contents.length).from_address(start):
            if interface.state == _CONNECTED:
                return _dbm(library, client, interface)
    finally:
        library.WlanFreeMemory(found)
    raise LookupError("no Wi-Fi is connected")


def _dbm(library: ctypes.CDLL, client: wintypes.HANDLE, interface: _Interface) -> int:
    size, answer = wintypes.DWORD(), ctypes.POINTER(wintypes.LONG)()
    arguments = (client, ctypes.byref(interface), _RSSI, None, ctypes.byref(size), ctypes.byref(answer), None)
    failed = library.WlanQueryInterface(*arguments)  # the interface begins with its GUID
    if failed:
        raise ctypes.WinError(failed)
    try:
        return int(answer.contents.value)
    finally:
        library.WlanFreeMemory(answer)
