"""iphlpapi: the hardware address of the router, from the table that the system keeps anyway: no packet is sent."""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

from agent.platforms.windows.native.iphlpapi import WORLD

if sys.platform != "win32":
    raise ImportError("only on Windows")

_NO_ROWS = 232  # ERROR_NO_DATA
_INVALID = 2  # MIB_IPNET_TYPE_INVALID


class _Route(ctypes.Structure):
    """MIB_IPFORWARDROW of ipmib.h."""

    _fields_ = (
        ("destination", wintypes.DWORD),
        ("mask", wintypes.DWORD),
        ("policy", wintypes.DWORD),
        ("next_hop", wintypes.DWORD),
        ("interface", wintypes.DWORD),
        ("others", wintypes.DWORD * 9),
    )


class _Neighbour(ctypes.Structure):
    """MIB_IPNETROW of ipmib.h."""

    _fields_ = (
        ("interface", wintypes.DWORD),
        ("length", wintypes.DWORD),
        ("hardware", ctypes.c_ubyte * 8),
        ("address", wintypes.DWORD),
        ("type", wintypes.DWORD),
    )


def gateway() -> str:
    """Return the hardware address of the way to the world, `00:00:5e:00:53:01`; raises LookupError or OSError."""
    library, route = ctypes.WinDLL("iphlpapi"), _Route()
    if library.GetBestRoute(WORLD, 0, ctypes.byref(route)):
        raise LookupError("no way to the world")
    for row in _neighbours(library):
        is_its = (row.interface, row.address) == (route.interface, route.next_hop)
        if is_its and row.type != _INVALID and row.length:
            return ":".join(f"{byte:02x}" for byte in row.hardware[: row.length])
    raise LookupError("the router has no hardware address")


def _neighbours(library: ctypes.CDLL) -> ctypes.Array[_Neighbour]:
    size = wintypes.ULONG(0)
    library.GetIpNetTable(None, ctypes.byref(size), False)
    size.value += 16 * ctypes.sizeof(_Neighbour)  # for those that come meanwhile
    table = ctypes.create_string_buffer(size.value)
    failed = library.GetIpNetTable(table, ctypes.byref(size), False)
    if failed == _NO_ROWS:
        return (_Neighbour * 0)()
    if failed:
        raise ctypes.WinError(failed)
    count = wintypes.DWORD.from_buffer(table).value
    return (_Neighbour * count).from_buffer(table, ctypes.sizeof(wintypes.DWORD))
