"""The probes: one file for each thing measured. To add one, write its file, its findings in `contract`, a line here."""

from __future__ import annotations

from typing import Callable, NamedTuple, Tuple

from agent.probes import camera, clock, display, host, line, network, path, power, software, sound, speedtest
from agent.probes.context import Context
from contract.findings import Findings


class Probe(NamedTuple):
    """Code that measures one thing."""

    name: str
    version: int  # grows when the same findings come to mean something else
    deadline_s: float  # beyond this its process is ended
    measure: Callable[[Context], Findings]  # returns the findings, or raises; ProbeError says why best
    is_on_demand: bool = False  # never in a round of others, nor by command: a person at the site names it


PROBES: Tuple[Probe, ...] = (
    Probe("host", 1, 20.0, host.measure),
    Probe("network", 1, 20.0, network.measure),
    Probe("software", 1, 20.0, software.measure),
    Probe("clock", 1, 15.0, clock.measure),
    Probe("camera", 1, 30.0, camera.measure),
    Probe("sound", 1, 30.0, sound.measure),
    Probe("display", 1, 30.0, display.measure),
    Probe("power", 1, 30.0, power.measure),
    Probe("line", 2, 120.0, line.measure),
    Probe("path", 1, 30.0, path.measure),  # after the line, whose slot has a stream for it
    Probe("speedtest", 1, 60.0, speedtest.measure, is_on_demand=True),
)
