"""The computer itself, as far as psutil does not tell: heat, disks, distribution."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

from agent.platforms.linux.files import number, text
from agent.platforms.machine import Machine
from contract.findings import Health

_COLDEST_C, _HOTTEST_C = 1.0, 150.0  # beyond these a sensor is not connected
_EMMC_HEALTH = {"0x01": "good", "0x02": "worn", "0x03": "failing"}  # JEDEC JESD84-B51, PRE_EOL_INFO
_WORST_FIRST = ("failing", "worn", "good")


def temperature_c(machine: Machine) -> float:
    """Return the temperature of the hottest sensor; raises LookupError when there is none."""
    likely = [celsius for celsius in _temperatures_c(machine.root) if _COLDEST_C < celsius < _HOTTEST_C]
    if not likely:
        raise LookupError("no sensor")
    return max(likely)


def _temperatures_c(root: Path) -> Iterator[float]:
    for pattern in ("thermal/thermal_zone*/temp", "hwmon/hwmon*/temp*_input"):
        for file in sorted((root / "sys" / "class").glob(pattern)):
            try:
                yield number(file) / 1000
            except PermissionError:
                raise
            except (OSError, ValueError):  # a sensor that sleeps answers with an error
                continue


def disk_health(machine: Machine) -> Health:
    """Return how the worst flash disk (eMMC) says it is; others tell it to root alone. Raises NotImplementedError."""
    told = [text(file) for file in (machine.root / "sys" / "block").glob("mmcblk*/device/pre_eol_info")]
    health = {_EMMC_HEALTH.get(value) for value in told}
    for worst in _WORST_FIRST:
        if worst in health:
            return worst  # type: ignore[return-value]
    raise NotImplementedError("no disk tells")


def distribution(machine: Machine) -> str:
    """Return the system's own name, `Debian GNU/Linux 12 (bookworm)`; raises LookupError when it has none."""
    for line in text(machine.root / "etc" / "os-release").splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip("\"'")[:64]
    raise LookupError("PRETTY_NAME")
