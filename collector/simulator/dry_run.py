"""What a dry run has a device do: once, at a time of its own, and its line when a probe server lets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.simulator.rounds import LIGHT, LINE
from collector.simulator.slots import Came
from collector.simulator.timetable import NEVER_S
from contract import wire

if TYPE_CHECKING:
    from collector.simulator.device import Device
    from collector.simulator.ground import Ground

_LATER_S = 3600.0  # the real agent tries a line that it could not test again with its next light round


class Part:
    """A device's part in the dry runs that it hears of. All times are seconds of the ground's clock."""

    __slots__ = ("_device", "_ground", "_id", "_light_at_s", "_line_at_s", "_permit_key", "_server")

    def __init__(self, device: Device, permit_key: str, ground: Ground) -> None:
        self._device = device
        self._permit_key = permit_key  # empty: it asks nobody, and invents that its turn has come
        self._ground = ground
        self._id = ""
        self._light_at_s = self._line_at_s = NEVER_S
        self._server: wire.ProbeServer | None = None  # whom to ask

    def hear(self, plan: wire.Plan, now_s: float) -> None:
        """Take part in the plan's dry run, unless it is known already."""
        told = plan.dry_run
        if told is None or told.id == self._id:
            return
        self._id = told.id
        own = [server for server in plan.probe_servers if wire.shard_of(self._device.name) in server.shards]
        others = [server for server in plan.probe_servers if server not in own]
        self._server = next(iter([*others, *own] if told.is_elsewhere else own), None)
        at_s = now_s + self._ground.chance.random() * told.spread_s
        if "equipment" in told.checks:
            self._light_at_s = at_s
        if "line" in told.checks:
            self._line_at_s = at_s

    def forget(self) -> None:
        """Know of none any more: a program that begins anew hears the plan again, and takes part again."""
        self._id = ""

    @property
    def next_s(self) -> float:
        """When there is something to do."""
        return min(self._light_at_s, self._line_at_s)

    def turn(self, now_s: float) -> None:
        """Do what is due."""
        if now_s >= self._light_at_s:
            self._light_at_s = NEVER_S
            self._device.begin(now_s, "schedule", LIGHT)
        if now_s >= self._line_at_s:
            self._line_at_s = NEVER_S
            self._ground.start(self._test_line())

    async def _test_line(self) -> None:
        """Ask for leave to test the line, and report what came of it."""
        came, began_s = Came(is_tested=True), self._ground.now_s()
        if self._server is not None and self._permit_key and not self._device.is_cut:
            came = await self._ground.slots.test(self._server, self._device.name, self._permit_key)
        now_s = self._ground.now_s()
        if not self._device.is_on:
            return
        if came.is_tested:
            told = self._device.machine.report(
                now_s, "schedule", LINE, (), is_cut=self._device.is_cut, took_s=now_s - began_s
            )
            self._device.accept(told)
        else:
            self._line_at_s = now_s + (_LATER_S if came.again_s is None else came.again_s)
            self._ground.timetable.wake(self._device, self._line_at_s)
