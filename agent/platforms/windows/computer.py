"""The computer itself, as far as psutil does not tell: heat, disks, edition."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Set

from agent.platforms.windows.powershell import rows
from agent.platforms.windows.sources import Sources
from contract.findings import Health

_ZERO_C = 273.15
_COLDEST_C, _HOTTEST_C = 1.0, 150.0  # beyond these a sensor is not connected
_HEAT = (  # tenths of kelvin; the first for administrators alone, the second since Windows 8
    ("MSAcpi_ThermalZoneTemperature", "CurrentTemperature"),
    ("Win32_PerfFormattedData_Counters_ThermalZoneInformation", "HighPrecisionTemperature"),
)
_HEALTH = {0: "good", 1: "worn", 2: "failing"}  # HealthStatus of MSFT_PhysicalDisk; 5: unknown
_OLD_HEALTH = {"OK": "good", "Pred Fail": "failing"}  # Status of Win32_DiskDrive: words that are never translated
_USB = 7  # BusType
_WORST_FIRST = ("failing", "worn", "good")


def temperature_c(sources: Sources) -> float:
    """Return the temperature of the hottest sensor; raises LookupError without one, or why none is told."""
    likely = [celsius for celsius in _temperatures_c(sources.wmi()) if _COLDEST_C < celsius < _HOTTEST_C]
    if not likely:
        raise LookupError("no sensor")
    return round(max(likely), 1)


def _temperatures_c(wmi: Dict[str, Any]) -> Iterator[float]:
    (first, tenths), (second, other_tenths) = _HEAT
    try:
        yield from (row[tenths] / 10 - _ZERO_C for row in rows(wmi, first))
    except (PermissionError, NotImplementedError):
        yield from (row[other_tenths] / 10 - _ZERO_C for row in rows(wmi, second))


def disk_health(sources: Sources) -> Health:
    """Return how the worst disk inside says it is; raises LookupError when none tells."""
    health = _health(sources.wmi())
    for worst in _WORST_FIRST:
        if worst in health:
            return worst  # type: ignore[return-value]
    raise LookupError("no disk tells")


def _health(wmi: Dict[str, Any]) -> Set[Any]:
    try:
        return {_HEALTH.get(row["HealthStatus"]) for row in rows(wmi, "MSFT_PhysicalDisk") if row["BusType"] != _USB}
    except NotImplementedError:  # Windows 7
        drives = rows(wmi, "Win32_DiskDrive")
        return {_OLD_HEALTH.get(row["Status"]) for row in drives if row["InterfaceType"] != "USB"}


def distribution(sources: Sources) -> str:
    """Return the edition, `Microsoft Windows 10 Pro`; raises LookupError when it is not told."""
    for row in rows(sources.wmi(), "Win32_OperatingSystem"):
        if isinstance(row["Caption"], str):
            return row["Caption"].strip()[:64]
    raise LookupError("Win32_OperatingSystem")
