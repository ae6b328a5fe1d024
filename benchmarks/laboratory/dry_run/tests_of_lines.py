"""Line tests that move real bytes in the slots of a probe server: asked for, paced and ended as the agent does.

What is not played: the sequential test, which decides by packets when it is sure. How long each direction lasts is that
of a measured test instead; bytes follow from the server's own pace and the line's rate.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from contract import permit, transfer
from contract.probing import Answer, Ask, Booked, Ended, Granted, Nonce, Refused
from laboratory.dry_run.conversation import BrokenOffError, Conversation
from laboratory.dry_run.lines import Line, Way

_BLOCK = os.urandom(1 << 20)
_TICK_S = 0.05
_QUEUED_S = 0.25  # of the need: what lies in buffers of a line that is slower than the pace
_LEAST_QUEUED_BYTES = 4096
_PACED = 0.9  # of the pace: what is faster is limited by the server alone
_MOST_REST_S = 8.0  # the agent's packets renew the lease of 10 s meanwhile, and none are sent here
_AGAIN_S = 60.0  # nobody answered: once to twice so long


class Tested(NamedTuple):
    """What came of asking. outcome: tested, booked, refused, broken (off), silent (no answer)."""

    outcome: str
    again_s: float | None = None  # None: not any more
    ended: Ended | None = None
    granted_us: int = 0


class LineTests:
    """The line tests of many sites against one probe server; each draws how its line is."""

    def __init__(self, lines: Sequence[Line], chance: random.Random) -> None:
        self._lines = lines
        self._chance = chance

    async def test(self, host: str, port: int, device: str, permit_key: str) -> Tested:
        """Ask for a slot, and test in it when it is granted."""
        try:
            async with await Conversation.begin(host, port) as asking:
                answer = await self._ask(asking, device, permit_key)
                if isinstance(answer, Booked):
                    return Tested("booked", answer.in_s)
                if isinstance(answer, Refused):
                    return Tested("refused")
                return await self._test(asking, host, port, answer)
        except (OSError, TimeoutError, BrokenOffError):
            return Tested("silent", self._again_s())

    async def _ask(self, asking: Conversation, device: str, permit_key: str) -> Granted | Booked | Refused:
        nonce = Nonce.model_validate_json((await asking.fetch("GET", "/v1/nonce"))[1]).nonce
        told = {"device": device, "nonce": nonce, "test": "line", "purpose": "schedule", "answer": "0" * 64}
        asked = Ask.model_validate(told)
        right = asked.model_copy(update={"answer": permit.answer(permit_key, nonce, asked.asked)})
        _, body = await asking.fetch("POST", "/v1/slots", right.model_dump_json(exclude_none=True).encode())
        return Answer.validate_json(body)

    async def _test(self, asking: Conversation, host: str, port: int, granted: Granted) -> Tested:
        line, granted_us = self._chance.choice(self._lines), _now_us()
        try:
            path = f"/v1/slots/{granted.token}"
            await _download(host, port, path, granted.download.ready_mbps * 1e6, line.down)
            if line.up is not None:
                await _upload(host, port, path, granted, line.up)
            await asyncio.sleep(min(line.rest_s, _MOST_REST_S))
            status, body = await asking.fetch("POST", f"{path}/end")
        except (OSError, TimeoutError, BrokenOffError):
            return Tested("broken", self._again_s(), None, granted_us)
        if status != 200:  # the slot is over: it was stopped, or the server has begun anew
            return Tested("broken", self._again_s(), None, granted_us)
        ended = Ended.model_validate_json(body)
        return Tested("tested", ended.again_in_s, ended, granted_us)

    def _again_s(self) -> float:
        return _AGAIN_S * self._chance.uniform(1.0, 2.0)


async def _download(host: str, port: int, path: str, need_bps: float, way: Way) -> None:
    """Read as fast as the line is, until we or the server break it off."""
    bytes_per_s = way.rate * need_bps / 8
    is_slow = way.rate < _PACED * transfer.PEAK
    queued = max(_LEAST_QUEUED_BYTES, transfer.bytes_of(need_bps, _QUEUED_S)) if is_slow else 0
    async with await Conversation.begin(host, port, queued) as coming:
        coming.send("GET", f"{path}/download")
        due_s = time.monotonic()
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(way.lasts_s):
                while block := await coming.reader.read(max(2048, queued) if is_slow else 1 << 16):
                    if is_slow:
                        due_s = max(due_s, time.monotonic() - _TICK_S) + len(block) / bytes_per_s
                        await asyncio.sleep(max(0.0, due_s - time.monotonic()))


async def _upload(host: str, port: int, path: str, granted: Granted, way: Way) -> None:
    """Send at the pace of the test or of the line, while what arrives is told."""
    async with await Conversation.begin(host, port) as watching, await Conversation.begin(host, port) as going:
        watching.send("GET", f"{path}/arrivals")
        hearing = asyncio.create_task(_hear(watching))
        try:
            going.send("POST", f"{path}/upload", most_bytes=granted.most_up_bytes)
            await _send(going, granted, way)
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await hearing


async def _send(going: Conversation, granted: Granted, way: Way) -> None:
    need_bps, left = granted.upload.ready_mbps * 1e6, granted.most_up_bytes
    began_s = last_s = time.monotonic()
    excess, allowed = 0.0, 0.0
    while (now_s := time.monotonic()) < began_s + way.lasts_s and not going.writer.transport.is_closing():
        pace_bps = min(transfer.pace_bps(need_bps, excess), way.rate * need_bps)
        allowed += pace_bps / 8 * (now_s - last_s)
        count = min(int(allowed), left)
        excess = transfer.excess(excess, count, now_s - last_s, need_bps)
        if count:
            going.writer.write(_BLOCK[:count])
            allowed, left = allowed - count, left - count
        last_s = now_s
        await asyncio.sleep(min(_TICK_S, max(0.0, began_s + way.lasts_s - time.monotonic())))


async def _hear(watching: Conversation) -> None:
    while await watching.reader.read(1 << 12):
        pass


def _now_us() -> int:
    return time.time_ns() // 1000
