"""What all devices of a process stand on: clock, timetable, network, tally, and chance from one seed."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from collector.simulator.counts import Tally
from collector.simulator.link import Link
from collector.simulator.slots import Slots
from collector.simulator.timetable import NEVER_S, Timetable

_AT_ONCE = 100  # connections being made: a broker's queue of those it has not accepted yet is short
_DIAL_S = 60.0
_STEP_S = 0.05
_LOOPBACK = ("127.0.0.1", "localhost")


class Dialler(Protocol):
    """Who wants to connect."""

    def begin_link(self) -> tuple[str, Link] | None:
        """Return to which broker and by which link, now that there is room; None: not any more."""


class Act:
    """Something that happens once, at its time."""

    __slots__ = ("_act", "turn_at_s")

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self.turn_at_s = NEVER_S

    def turn(self, _now_s: float) -> None:
        """Let it happen."""
        self._act()


class Ground:
    """Runs devices: each has its turn when the timetable says so, and connects when there is room."""

    def __init__(self, seed: int) -> None:
        self.timetable = Timetable()
        self.tally = Tally()
        self.chance = random.Random(seed)  # noqa: S311 - the same country again, no secret
        self.slots = Slots(self.chance)
        self._wanting: deque[Dialler] = deque()
        self._dialling: set[asyncio.Task[None]] = set()
        self._working: set[asyncio.Task[None]] = set()

    def now_s(self) -> float:
        """Return seconds of the clock that all times here are of."""
        return time.monotonic()

    def at(self, at_s: float, act: Callable[[], object]) -> None:
        """Let something happen once, at this time."""
        self.timetable.wake(Act(act), at_s)

    async def run(self) -> None:
        """Give devices their turns until cancelled."""
        while True:
            now_s = self.now_s()
            for sleeper in self.timetable.due(now_s):
                sleeper.turn(now_s)
            await asyncio.sleep(_STEP_S)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._working.add(task)
        task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled():
            task.result()

    async def close(self) -> None:
        """Give up what is done in the background."""
        for task in self._working:
            task.cancel()
        await self.slots.close()

    def dial(self, dialler: Dialler) -> None:
        """Connect in the background, when there is room; until then nothing is held for it."""
        self._wanting.append(dialler)
        self._dial_more()

    def _dial_more(self) -> None:
        while self._wanting and len(self._dialling) < _AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._dial(self._wanting.popleft()))
            self._dialling.add(task)
            task.add_done_callback(self._dialled)

    def _dialled(self, task: asyncio.Task[None]) -> None:
        self._dialling.discard(task)
        if not task.cancelled():
            task.result()
            self._dial_more()

    async def _dial(self, dialler: Dialler) -> None:
        begun = dialler.begin_link()
        if begun is None:
            return
        broker, link = begun
        address = urlsplit(broker)
        try:
            async with asyncio.timeout(_DIAL_S):
                loop = asyncio.get_running_loop()
                await loop.create_connection(lambda: link, address.hostname or "", address.port or 0)
                await link.settled
        except (OSError, TimeoutError) as error:
            link.fail(str(error) or "no answer")


@cache
def tls_of(broker: str, ca_file: str) -> ssl.SSLContext | None:
    """Return how to speak to a broker: by TLS that trusts this authority alone, or in the clear on this machine.

    Raises ValueError for an address that would betray the password, OSError when the authority cannot be read.
    """
    address = urlsplit(broker)
    if address.scheme == "mqtts":
        return ssl.create_default_context(cafile=ca_file)
    if address.hostname not in _LOOPBACK:
        raise ValueError(f"{broker} would send passwords in the clear; only mqtts:// leaves this machine")
    return None
