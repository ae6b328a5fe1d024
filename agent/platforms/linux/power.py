"""Mains, battery and UPS: the power supplies of /sys, and a UPS that Network UPS Tools watches."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

from agent.facts import fact
from agent.platforms import nut
from agent.platforms.linux.files import entries, number, text
from agent.platforms.machine import Machine
from contract.findings import Power

_MAINS = ("Mains", "USB")


def read(machine: Machine) -> Power:
    """Read what the machine runs on."""
    return Power(
        is_on_mains=fact(lambda: _is_on_mains(machine.root)),
        battery_pct=fact(lambda: _charge_pct(_of_type(machine.root, "Battery"))),
        has_ups=fact(lambda: bool(_of_type(machine.root, "UPS")) or nut.ups() is not None),
        ups_battery_pct=fact(lambda: _ups_battery_pct(machine.root)),
    )


def _supplies(root: Path) -> List[Path]:
    """Return the supplies of the machine itself: a mouse has a battery too, and says `Device`."""
    supplies = entries(root / "sys" / "class" / "power_supply")
    return [supply for supply in supplies if not ((supply / "scope").exists() and text(supply / "scope") == "Device")]


def _of_type(root: Path, *types: str) -> List[Path]:
    return [supply for supply in _supplies(root) if text(supply / "type") in types]


def _is_on_mains(root: Path) -> bool:
    """Tell whether it runs on mains: a machine without a battery does, or it would not run."""
    mains = _of_type(root, *_MAINS)
    return any(number(supply / "online") == 1 for supply in mains) or not _of_type(root, "Battery")


def _ups_battery_pct(root: Path) -> Optional[float]:
    own_pct = _charge_pct(_of_type(root, "UPS"))
    return nut.battery_pct() if own_pct is None else own_pct


def _charge_pct(batteries: List[Path]) -> Optional[float]:
    """Return the charge of the emptiest battery, None of none."""
    return min((min(100.0, float(number(battery / "capacity"))) for battery in batteries), default=None)
