r"""Mains, battery and UPS.

Windows takes a UPS on USB for a battery: HID\VID_051D&PID_0002. A notebook's own is ACPI\PNP0C0A.
"""

from __future__ import annotations

from typing import List, Optional

from agent.facts import fact, found
from agent.platforms.windows.sources import Sources, Supply
from contract.findings import Power

_UPS, _NOTEBOOK = "HID\\", "ACPI\\PNP0C0A"
_NO_BATTERY, _UNKNOWN = 0x80, 255  # BatteryFlag, and any field of SYSTEM_POWER_STATUS (winbase.h)


def read(sources: Sources) -> Power:
    """Read what the machine runs on."""
    return found(
        Power,
        is_on_mains=fact(lambda: {0: False, 1: True}.get(sources.supply()["ac_line"])),
        battery_pct=fact(lambda: _charge_pct(sources, _NOTEBOOK)),
        has_ups=fact(lambda: bool(_of_kind(sources, _UPS))),
        ups_battery_pct=fact(lambda: _charge_pct(sources, _UPS)),
    )


def _of_kind(sources: Sources, kind: str) -> List[str]:
    return [device["id"] for device in sources.devices()["battery"] if device["id"].upper().startswith(kind)]


def _charge_pct(sources: Sources, kind: str) -> Optional[float]:
    """Return the charge of the batteries of a kind, None without one.

    Raises NotImplementedError where there are both kinds: Windows tells only how full all are together.
    """
    if not _of_kind(sources, kind):
        return None
    if _of_kind(sources, _UPS) and _of_kind(sources, _NOTEBOOK):
        raise NotImplementedError("a notebook with a UPS")
    return _told_pct(sources.supply())


def _told_pct(supply: Supply) -> Optional[float]:
    if supply["battery_flag"] == _UNKNOWN or supply["battery_flag"] & _NO_BATTERY or supply["battery_pct"] == _UNKNOWN:
        return None
    return min(100.0, float(supply["battery_pct"]))
