"""macOS, read from what its own programs print: system_profiler, pmset, sw_vers. None of them needs root.

system_profiler takes seconds, so it is asked once for all. What it prints holds names, serial numbers and networks:
of those nothing is taken. Written by the shape of its output as published; not yet tried on a Mac.
"""

from __future__ import annotations

from agent.facts import unsupported
from agent.platforms.machine import Reader
from agent.platforms.macos import reading
from agent.platforms.macos.recording import record

READER = Reader(
    camera=reading.camera,
    sound=reading.sound,
    display=reading.display,
    power=reading.power,
    network=reading.network,
    gateway=lambda _: unsupported(),
    temperature_c=lambda _: unsupported(),
    disk_health=reading.disk_health,
    distribution=reading.distribution,
    record=record,
)
