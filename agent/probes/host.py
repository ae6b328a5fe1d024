"""The machine itself: processor, memory, heat, and the disk that the agent writes to.

psutil refuses to be imported on systems that it does not know, Android among them: so it is imported by the facts that
it alone tells, and without it the others stay.
"""

from __future__ import annotations

import os
import shutil
import time
from typing import Any

from agent import paths
from agent.facts import fact
from agent.probes.context import Context
from contract.findings import Host

_CPU_SAMPLE_S = 1.0


def measure(context: Context) -> Host:
    """Read the host's facts; takes a second, over which the processor's load is measured."""
    disk = str(paths.nearest(context.home))
    return Host(
        cpu_count=fact(os.cpu_count),
        cpu_pct=fact(_cpu_pct),
        memory_total_bytes=fact(lambda: _memory().total),
        memory_available_bytes=fact(lambda: _memory().available),
        disk_total_bytes=fact(lambda: shutil.disk_usage(disk).total),
        disk_free_bytes=fact(lambda: shutil.disk_usage(disk).free),
        uptime_s=fact(_uptime_s),
        temperature_c=fact(lambda: context.reader.temperature_c(context.machine)),
        disk_health=fact(lambda: context.reader.disk_health(context.machine)),
    )


def _cpu_pct() -> float:
    import psutil

    return psutil.cpu_percent(_CPU_SAMPLE_S)


def _memory() -> Any:
    import psutil

    return psutil.virtual_memory()


def _uptime_s() -> int:
    import psutil

    return max(0, int(time.time() - psutil.boot_time()))
