"""The machine itself: processor, memory, heat, and the disk that the agent writes to."""

from __future__ import annotations

import time

import psutil

from agent.facts import fact
from agent.probes.context import Context
from contract.findings import Host

_CPU_SAMPLE_S = 1.0


def measure(context: Context) -> Host:
    """Read the host's facts; takes a second, over which the processor's load is measured."""
    disk = _existing(context)
    return Host(
        cpu_count=fact(psutil.cpu_count),
        cpu_pct=fact(lambda: psutil.cpu_percent(_CPU_SAMPLE_S)),
        memory_total_bytes=fact(lambda: psutil.virtual_memory().total),
        memory_available_bytes=fact(lambda: psutil.virtual_memory().available),
        disk_total_bytes=fact(lambda: psutil.disk_usage(disk).total),
        disk_free_bytes=fact(lambda: psutil.disk_usage(disk).free),
        uptime_s=fact(lambda: max(0, int(time.time() - psutil.boot_time()))),
        temperature_c=fact(lambda: context.reader.temperature_c(context.machine)),
        disk_health=fact(lambda: context.reader.disk_health(context.machine)),
    )


def _existing(context: Context) -> str:
    """Return the agent's folder, or before it exists the nearest one above it: on the same disk, most likely."""
    return str(next(folder for folder in (context.home, *context.home.parents) if folder.exists()))
