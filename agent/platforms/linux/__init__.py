"""Linux, read from /sys, /proc and /etc: no program is run, and nothing here needs root."""

from __future__ import annotations

from agent.platforms.linux import cameras, computer, displays, network, power, recording, sounds
from agent.platforms.machine import Reader

READER = Reader(
    camera=cameras.read,
    sound=sounds.read,
    display=displays.read,
    power=power.read,
    network=network.read,
    gateway=network.gateway,
    temperature_c=computer.temperature_c,
    disk_health=computer.disk_health,
    distribution=computer.distribution,
    record=recording.record,
)
