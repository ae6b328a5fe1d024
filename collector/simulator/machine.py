"""A device's machine: its clocks, right or wrong, and the reports of its rounds."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from collector.simulator import findings
from collector.simulator.nature import Nature
from contract import wire
from contract.clock import Moment
from contract.report import VERSION

_TICK_PACKETS = 10
_LAST_S = {"line": 8.0, "path": 2.5, "clock": 0.4, "host": 1.0}  # how long a probe takes, others next to nothing
_ELSE_S = 0.2
_IMPLAUSIBLE_S = 3600.0  # an agent doubts a clock that is farther from the probe server's
_BOOT_S = 40.0  # from switching on to the agent's start
_UNREACHABLE = {"code": "unreachable", "text": "no way to the probe server"}


class Machine:
    """One machine. `epoch_s`: the wall clock's time in seconds when the simulator's clock was at 0."""

    __slots__ = ("_boot_id", "_booted_s", "_chance", "_epoch_s", "earlier_tests_s", "name", "nature", "wall_off_s")

    def __init__(self, name: str, nature: Nature, chance: random.Random, now_s: float, epoch_s: float) -> None:
        self.name = name
        self.nature = nature
        self.wall_off_s = nature.wall_off_s
        self.earlier_tests_s: tuple[float, ...] = ()  # line tests so long before the first report, still in the spool
        self._chance = chance
        self._epoch_s = epoch_s
        self._boot_id = str(uuid.uuid4())
        self._booted_s = now_s - nature.uptime_s

    def boot(self, now_s: float) -> None:
        """Start anew: another boot, a monotonic clock from near 0."""
        self._boot_id = str(uuid.uuid4())
        self._booted_s = now_s - _BOOT_S

    def now(self, now_s: float) -> Moment:
        """Return the moment by this machine's clocks."""
        wall_us = int((self._epoch_s + now_s + self.wall_off_s) * 1e6)
        return Moment(self._boot_id, max(0, int((now_s - self._booted_s) * 1000)), max(0, wall_us))

    def duration_s(self, probes: tuple[str, ...], chance: random.Random) -> float:
        """Return how long a round of these probes takes here."""
        return sum(_LAST_S.get(probe, _ELSE_S) for probe in probes) * chance.uniform(0.7, 1.3)

    def readings(self, chance: random.Random, *, is_cut: bool) -> tuple[int, int, float | None, float | None]:
        """Return packets sent and received, round trip and jitter of a tick."""
        if is_cut:
            return _TICK_PACKETS, 0, None, None
        line = self.nature.line
        received = sum(chance.random() >= line.loss_pct / 100 for _ in range(_TICK_PACKETS))
        rtt_ms, jitter_ms = line.rtt_ms * chance.uniform(0.95, 1.15), line.jitter_ms * chance.uniform(0.7, 1.3)
        return _TICK_PACKETS, received, round(rtt_ms, 3), round(jitter_ms, 3)

    def report(
        self,
        ended_s: float,
        occasion: str,
        probes: tuple[str, ...],
        done: tuple[str, ...],
        *,
        is_cut: bool,
        took_s: float | None = None,
    ) -> bytes:
        """Return the body of the report of a round that ended at this time.

        Written as the contract's models write it, without them: they take longer than all else that a device does.
        """
        begun_s = ended_s - (self.duration_s(probes, self._chance) if took_s is None else took_s)
        return wire.dump_json(
            {
                "v": VERSION,
                "device": self.name,
                "occasion": occasion,
                "done": done,
                "measurements": list(self._measurements(begun_s, probes, is_cut=is_cut)),
                "is_clock_plausible": abs(self.wall_off_s) <= _IMPLAUSIBLE_S,
            }
        )

    def _measurements(self, at_s: float, probes: tuple[str, ...], *, is_cut: bool) -> Iterator[dict[str, Any]]:
        for probe in probes:
            took_s = _LAST_S.get(probe, _ELSE_S)
            is_unreachable = is_cut and probe in ("line", "path")
            yield {
                "probe": probe,
                "version": 2 if probe == "line" else 1,
                "started": self.now(at_s)._asdict(),
                "duration_ms": int(took_s * 1000),
                "failure" if is_unreachable else "findings": _UNREACHABLE
                if is_unreachable
                else self._find(probe, at_s, is_stream="line" in probes),
            }
            at_s += took_s

    def _find(self, probe: str, now_s: float, *, is_stream: bool) -> dict[str, Any]:
        nature, chance = self.nature, self._chance
        if probe == "host":
            return findings.host(nature, int(now_s - self._booted_s), chance)
        if probe == "clock":
            return findings.clock(self.wall_off_s, chance)
        if probe == "path":
            return findings.path(nature, is_stream=is_stream, chance=chance)
        invent: Callable[..., dict[str, Any]] = getattr(findings, probe)
        return invent(nature, chance) if probe in ("network", "line") else invent(nature)
