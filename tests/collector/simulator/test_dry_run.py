"""What a simulated device does of a dry run that the plan tells it of: once, at its own time, when it is let."""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace
from typing import Any

import pytest

from collector.simulator.dry_run import Part
from collector.simulator.rounds import LIGHT, LINE
from collector.simulator.slots import Came
from collector.simulator.timetable import NEVER_S
from contract import wire

NOW_S = 1000.0
NAME = "dev-00000001"
BOTH = ("equipment", "line")


class World:
    """A ground and a device on it that only note what is asked of them; a probe server that answers as it is told."""

    def __init__(self, answer: Came | None = None, permit_key: str = "k") -> None:
        self.answer = answer or Came(is_tested=True)
        self.asked: list[str] = []  # hosts of probe servers
        self.began: list[tuple[str, ...]] = []
        self.reported: list[dict[str, Any]] = []
        self.woken_s: list[float] = []
        self.chance = random.Random(1)
        self.slots = SimpleNamespace(test=self._test)
        self.timetable = SimpleNamespace(wake=lambda _, at_s: self.woken_s.append(at_s))
        self.device: Any = SimpleNamespace(name=NAME, is_cut=False, is_on=True, begin=self._begin)
        self.device.machine = SimpleNamespace(report=self._report)
        self.device.accept = self.reported.append
        self.part = Part(self.device, permit_key, self)  # type: ignore[arg-type]

    def now_s(self) -> float:
        return NOW_S

    def start(self, work: Any) -> None:
        asyncio.run(work)

    def hear(self, *checks: str, number: int = 1, spread_s: int = 20, is_elsewhere: bool = False) -> None:
        dry_run = wire.DryRun(f"d{number}", checks, spread_s, is_elsewhere)
        shard = wire.shard_of(NAME)
        others = "".join(one for one in wire.SHARDS if one != shard)
        servers = (wire.ProbeServer(others, "theirs", 1, 1), wire.ProbeServer(shard, "ours", 1, 1))
        self.part.hear(wire.Plan("p", 1, "e", servers, dry_run), NOW_S)

    def pass_time(self) -> None:
        """Take the turns of the next minute."""
        for second in range(61):
            self.part.turn(NOW_S + second)

    async def _test(self, server: wire.ProbeServer, device: str, permit_key: str) -> Came:
        assert (device, permit_key) == (NAME, "k")
        self.asked.append(server.host)
        return self.answer

    def _begin(self, now_s: float, occasion: str, probes: tuple[str, ...]) -> None:
        assert occasion == "schedule"
        self.began.append(probes)

    def _report(self, now_s: float, occasion: str, probes: tuple[str, ...], done: Any, **told: Any) -> Any:
        return {"occasion": occasion, "probes": probes, **told}


@pytest.mark.parametrize(
    ("checks", "began", "asked"),
    [(BOTH, [LIGHT], ["ours"]), (("equipment",), [LIGHT], []), (("line",), [], ["ours"]), (("later-kind",), [], [])],
)
def test_it_does_once_what_is_asked_for_within_the_spread(checks: Any, began: Any, asked: Any) -> None:
    world = World()
    world.hear(*checks)
    if began or asked:
        assert NOW_S <= world.part.next_s <= NOW_S + 20
    world.pass_time()
    world.hear(*checks)  # the plan comes again with each connection
    world.pass_time()
    assert (world.began, world.asked) == (began, asked)
    assert [one["probes"] for one in world.reported] == [LINE] * len(asked)
    assert world.part.next_s == NEVER_S
    world.hear("line", number=2, is_elsewhere=True)  # another one, at the other probe server
    world.pass_time()
    assert world.asked == [*asked, "theirs"]
    world.part.forget()  # the machine begins anew
    world.hear("line", number=2)
    world.pass_time()
    assert world.asked == [*asked, "theirs", "ours"]


@pytest.mark.parametrize(
    ("answer", "again_s"), [(Came(False, 40.0), 40.0), (Came(False), 3600.0)], ids=["booked", "refused"]
)
def test_whoever_is_not_let_yet_measures_nothing_and_comes_again(answer: Came, again_s: float) -> None:
    world = World(answer)
    world.hear("line", spread_s=0)
    world.part.turn(NOW_S)
    assert world.reported == []
    assert world.part.next_s == world.woken_s[-1] == NOW_S + again_s
    world.answer = Came(is_tested=True)
    world.part.turn(NOW_S + again_s)
    assert len(world.reported) == 1


def test_a_line_that_is_cut_is_reported_as_such_and_a_machine_that_went_off_says_nothing() -> None:
    world = World()
    world.device.is_cut = True
    world.hear("line")
    world.pass_time()
    assert (world.asked, [one["is_cut"] for one in world.reported]) == ([], [True])
    world.device.is_on = False
    world.hear("line", number=2)
    world.pass_time()
    assert len(world.reported) == 1


def test_without_a_permit_key_it_asks_nobody_and_invents_that_it_was_let() -> None:
    world = World(permit_key="")
    world.hear("line")
    world.pass_time()
    assert (world.asked, len(world.reported)) == ([], 1)


def test_a_plan_without_a_dry_run_changes_nothing() -> None:
    world = World()
    world.part.hear(wire.Plan("p", 1, "e", ()), NOW_S)
    assert world.part.next_s == NEVER_S
