"""How strong a Wi-Fi signal is, where a system tells it in dBm."""

from __future__ import annotations

_NOTHING_DBM, _BEST_DBM = -100.0, -50.0  # as Windows maps them, so that sites compare (WLAN_ASSOCIATION_ATTRIBUTES)


def signal_pct(signal_dbm: float) -> float:
    """Return the strength in percent, 100 from -50 dBm up."""
    part = (signal_dbm - _NOTHING_DBM) / (_BEST_DBM - _NOTHING_DBM)
    return round(100 * min(1.0, max(0.0, part)))
