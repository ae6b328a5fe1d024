"""What else went on while a line was tested: other traffic on its interface, a busy processor, weak Wi-Fi.

A failure beside one of these is not called the line's.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple, Optional, Tuple

_OTHER_SHARE = 0.2  # of the need
_MOVED_SHARE = 1.08  # what headers and repetitions come to on the interface, of what was moved
_WIRE_SHARE = 1.03  # what frames add to what TCP has put on the wire
_WEAK_WIFI_PCT = 40.0
_BUSY_PCT = 90.0


class Reading(NamedTuple):
    """The counters of this machine at one moment; None where they cannot be read."""

    at_s: float
    received_bytes: Optional[int] = None
    sent_bytes: Optional[int] = None
    busy_pct: Optional[float] = None  # of the processor, since the reading before


class Own(NamedTuple):
    """What the trial itself moved in one direction."""

    direction: str  # download, upload
    moved_bytes: int
    wire_bytes: Optional[int] = None  # sent, headers and repetitions included; None: TCP does not tell


def read(address: str) -> Reading:
    """Read the counters of the interface that has this address; an empty reading where they cannot be read."""
    now_s = time.perf_counter()
    try:
        import psutil

        counters = _counters(psutil, address)
        received, sent = getattr(counters, "bytes_recv", None), getattr(counters, "bytes_sent", None)
        return Reading(now_s, received, sent, psutil.cpu_percent(None))
    except Exception:  # noqa: BLE001 - whatever a system's counters come up with: the line is measured without them
        return Reading(now_s)


def disturbances(before: Reading, after: Reading, own: Own, need_bps: float) -> Tuple[str, ...]:
    """Return what went on during one direction that could have slowed it down; `need_bps`: of that direction."""
    most_bytes = _OTHER_SHARE * need_bps / 8 * (after.at_s - before.at_s)
    found = ["other_traffic"] if _others_bytes(before, after, own) > most_bytes else []
    return tuple([*found, "busy_processor"] if (after.busy_pct or 0.0) > _BUSY_PCT else found)


def is_weak(link: Optional[str], wifi_signal_pct: Optional[float]) -> bool:
    """Tell whether the machine is on Wi-Fi that is too weak to judge the line behind it."""
    return link == "wifi" and wifi_signal_pct is not None and wifi_signal_pct < _WEAK_WIFI_PCT


def _others_bytes(before: Reading, after: Reading, own: Own) -> float:
    """Return what others moved in this direction, as far as the counters show."""
    is_upload = own.direction == "upload"
    first, last = (reading.sent_bytes if is_upload else reading.received_bytes for reading in (before, after))
    if first is None or last is None:
        return 0.0
    own_bytes = _MOVED_SHARE * own.moved_bytes if own.wire_bytes is None else _WIRE_SHARE * own.wire_bytes
    return last - first - own_bytes


def _counters(psutil: Any, address: str) -> Any:
    """Return the counters of the interface with this address; None of the machine itself, where nothing is a line."""
    if address.startswith("127.") or address == "::1":
        return None
    for name, addresses in psutil.net_if_addrs().items():
        if any(found.address.partition("%")[0] == address for found in addresses):
            return psutil.net_io_counters(pernic=True).get(name)
    return None
