"""iphlpapi: the network interfaces, and the one that packets to the world leave by."""

from __future__ import annotations

import ctypes
import socket
import sys
import uuid
from ctypes import wintypes
from typing import Any, Dict, List, Optional

from agent.platforms.windows.native import setupapi
from agent.platforms.windows.sources import Interface

if sys.platform != "win32":
    raise ImportError("only on Windows")

_UP = 1  # IfOperStatusUp
_FILTER = 0x02  # FilterInterface of InterfaceAndOperStatusFlags
WORLD = int.from_bytes(socket.inet_aton("192.0.2.1"), "little")  # TEST-NET-1, in the order of the network
_NAME = wintypes.WCHAR * 257


class _Row(ctypes.Structure):
    """MIB_IF_ROW2 of netioapi.h."""

    _fields_ = (
        ("luid", ctypes.c_uint64),
        ("index", wintypes.ULONG),
        ("guid", ctypes.c_byte * 16),
        ("alias", _NAME),
        ("description", _NAME),
        ("address_bytes", wintypes.ULONG),
        ("address", ctypes.c_byte * 32),
        ("permanent_address", ctypes.c_byte * 32),
        ("mtu", wintypes.ULONG),
        ("type", wintypes.ULONG),
        ("tunnel_type", ctypes.c_int),
        ("media_type", ctypes.c_int),
        ("medium", ctypes.c_int),
        ("access_type", ctypes.c_int),
        ("direction_type", ctypes.c_int),
        ("flags", ctypes.c_ubyte),
        ("oper_status", ctypes.c_int),
        ("admin_status", ctypes.c_int),
        ("media_state", ctypes.c_int),
        ("network_guid", ctypes.c_byte * 16),
        ("connection_type", ctypes.c_int),
        ("transmit_bps", ctypes.c_uint64),
        ("receive_bps", ctypes.c_uint64),
        ("counters", ctypes.c_uint64 * 18),
    )


class _Table(ctypes.Structure):
    """MIB_IF_TABLE2, whose rows begin at `first`."""

    _fields_ = (("length", wintypes.ULONG), ("first", _Row))


def interfaces() -> List[Interface]:
    """Return the interfaces; raises OSError."""
    library = ctypes.WinDLL("iphlpapi")
    default, drivers = _default(library), setupapi.interface_drivers()
    table = ctypes.POINTER(_Table)()
    failed = library.GetIfTable2(ctypes.byref(table))
    if failed:
        raise ctypes.WinError(failed)
    try:
        start = ctypes.addressof(table.contents) + _Table.first.offset
        return [_interface(row, default, drivers) for row in (_Row * table.contents.length).from_address(start)]
    finally:
        library.FreeMibTable(table)


def _interface(row: Any, default: Optional[int], drivers: Dict[str, str]) -> Interface:
    return Interface(
        index=row.index,
        type=row.type,
        medium=row.medium,
        is_filter=bool(row.flags & _FILTER),
        is_up=row.oper_status == _UP,
        is_default=row.index == default,
        speed_bps=row.transmit_bps,
        driver=drivers.get(str(uuid.UUID(bytes_le=bytes(row.guid))), ""),
    )


def _default(library: ctypes.CDLL) -> Optional[int]:
    """Return the index of the interface with the way to the world, None when there is none."""
    index = wintypes.DWORD()
    return None if library.GetBestInterface(WORLD, ctypes.byref(index)) else index.value
