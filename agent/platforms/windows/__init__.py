"""Windows 7 and later, asked through its own libraries, and through one PowerShell a round for what those do not tell.

`sources` names what is asked, `native` and `powershell` ask it; the other files make facts of the answers, and run
anywhere.
"""

from __future__ import annotations

from typing import Callable, TypeVar

from agent.platforms.machine import Machine, Reader
from agent.platforms.windows import cameras, computer, displays, network, power, sounds
from agent.platforms.windows.sources import Sources, of, record

_Found = TypeVar("_Found")


def _on(read: Callable[[Sources], _Found]) -> Callable[[Machine], _Found]:
    return lambda machine: read(of(machine))


READER = Reader(
    camera=_on(cameras.read),
    sound=_on(sounds.read),
    display=_on(displays.read),
    power=_on(power.read),
    network=_on(network.read),
    gateway=lambda _: network.gateway(),
    temperature_c=_on(computer.temperature_c),
    disk_health=_on(computer.disk_health),
    distribution=_on(computer.distribution),
    record=_on(record),
)
