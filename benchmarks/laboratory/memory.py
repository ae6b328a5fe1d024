"""What a running program costs: its memory by the kernel's own books, and its processor time."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil


class Memory(NamedTuple):
    """The memory of a process, in MB of 1,048,576 bytes."""

    rss: float  # VmRSS: every page that is mapped and in memory
    pss: float  # of a page that n processes map, the nth part
    private: float  # Private_Clean + Private_Dirty: what ending it would give back
    anonymous: float  # RssAnon: what no other process can share and no file can bring back


def read(pid: int) -> Memory:
    """Read the books of a process, without its children: /proc/PID/smaps_rollup and status."""
    folder = Path("/proc") / str(pid)
    kib = _fields((folder / "smaps_rollup").read_text()) | _fields((folder / "status").read_text())
    private = kib["Private_Clean"] + kib["Private_Dirty"]
    return Memory(*(value / 1024 for value in (kib["VmRSS"], kib["Pss"], private, kib["RssAnon"])))


def _fields(text: str) -> dict[str, int]:
    """Return what stands in lines of the form `Name:   12 kB`."""
    words = (line.split() for line in text.splitlines())
    return {row[0].rstrip(":"): int(row[1]) for row in words if len(row) == 3 and row[2] == "kB"}


def median(memories: Sequence[Memory]) -> Memory:
    """Return the medians of several readings."""
    return Memory(*(statistics.median(column) for column in zip(*memories, strict=True)))


def cpu_s(pid: int) -> float:
    """Return the processor time that a process and its ended children have used so far."""
    times = psutil.Process(pid).cpu_times()
    own_s = int((Path("/proc") / str(pid) / "schedstat").read_text().split()[0]) / 1e9  # `times` count hundredths
    return own_s + times.children_user + times.children_system


def sharing(binary: Path) -> set[int]:
    """Return the processes that run this binary now: they share its pages, and so lower each other's PSS."""
    return {pid for pid in psutil.pids() if _binary_of(pid) == binary}


def _binary_of(pid: int) -> Path | None:
    try:
        return (Path("/proc") / str(pid) / "exe").readlink()
    except OSError:  # it has ended, or is a thread of the kernel
        return None
