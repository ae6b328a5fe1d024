"""What else went on while a line was tested: other traffic on its interface, a busy processor, weak Wi-Fi.

A failure beside one of these is not called the line's.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple, Optional, Tuple

_OTHER_SHARE = 0.2  # of the need
_WIRE_SHARE = 1.08  # what headers and repetitions add to what was moved
_ACK_SHARE = 0.06  # what acknowledging it takes the other way
_WEAK_WIFI_PCT = 40.0
_BUSY_PCT = 90.0


class Reading(NamedTuple):
    """The counters of this machine at one moment; None where they cannot be read."""

    at_s: float
    received_bytes: Optional[int]
    sent_bytes: Optional[int]
    busy_pct: Optional[float]  # of the processor, since the reading before


class Moved(NamedTuple):
    """What the trial itself moved."""

    down_bytes: int
    up_bytes: int


def read(address: str) -> Reading:
    """Read the counters of the interface that has this address."""
    now_s = time.perf_counter()
    try:
        import psutil
    except ImportError:  # on a system that psutil does not know
        return Reading(now_s, None, None, None)
    counters = _counters(psutil, address)
    received, sent = getattr(counters, "bytes_recv", None), getattr(counters, "bytes_sent", None)
    return Reading(now_s, received, sent, psutil.cpu_percent(None))


def disturbances(before: Reading, after: Reading, ours: Moved, need_bps: float) -> Tuple[str, ...]:
    """Return what went on between two readings that could have slowed the trial down."""
    most_bytes = _OTHER_SHARE * need_bps / 8 * (after.at_s - before.at_s)
    down = _others(before.received_bytes, after.received_bytes, ours.down_bytes, ours.up_bytes)
    up = _others(before.sent_bytes, after.sent_bytes, ours.up_bytes, ours.down_bytes)
    found = ["other_traffic"] if max(down, up) > most_bytes else []
    return tuple([*found, "busy_processor"] if (after.busy_pct or 0.0) > _BUSY_PCT else found)


def is_weak(link: Optional[str], wifi_signal_pct: Optional[float]) -> bool:
    """Tell whether the machine is on Wi-Fi that is too weak to judge the line behind it."""
    return link == "wifi" and wifi_signal_pct is not None and wifi_signal_pct < _WEAK_WIFI_PCT


def _others(before: Optional[int], after: Optional[int], ours_bytes: int, against_bytes: int) -> float:
    """Return what others moved in one direction; against: what we moved the other way, and was acknowledged here."""
    if before is None or after is None:
        return 0.0
    return after - before - _WIRE_SHARE * ours_bytes - _ACK_SHARE * against_bytes


def _counters(psutil: Any, address: str) -> Any:
    """Return the counters of the interface with this address; None of the machine itself, where nothing is a line."""
    if address.startswith("127.") or address == "::1":
        return None
    for name, addresses in psutil.net_if_addrs().items():
        if any(found.address.partition("%")[0] == address for found in addresses):
            return psutil.net_io_counters(pernic=True).get(name)
    return None
