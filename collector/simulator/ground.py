"""What all devices of a process stand on: clock, timetable, network, tally, and chance from one seed."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

from collector.simulator.counts import Tally
from collector.simulator.link import Link
from collector.simulator.timetable import NEVER_S, Timetable

_AT_ONCE = 100  # connections being made: a broker's queue of those it has not accepted yet is short
_DIAL_S = 60.0
_STEP_S = 0.05
_LOOPBACK = ("127.0.0.1", "localhost")


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
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._dialling: set[asyncio.Task[None]] = set()

    def now_s(self) -> float:
        """Return seconds of the clock that all times here are of."""
        return time.monotonic()

    def at(self, at_s: float, act: Callable[[], object]) -> None:
        """Let something happen once, at this time."""
        self.timetable.wake(Act(act), at_s)

    async def run(self, stop: asyncio.Event) -> None:
        """Give devices their turns until told to stop."""
        while not stop.is_set():
            now_s = self.now_s()
            for sleeper in self.timetable.due(now_s):
                sleeper.turn(now_s)
            await asyncio.sleep(_STEP_S)
        for task in self._dialling:
            task.cancel()

    def dial(self, broker: str, link: Link) -> None:
        """Open a connection in the background; the link tells its owner what came of it."""
        task = asyncio.get_running_loop().create_task(self._dial(broker, link))
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)

    async def _dial(self, broker: str, link: Link) -> None:
        address = urlsplit(broker)
        async with self._gate:
            if link.is_over:
                return
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
