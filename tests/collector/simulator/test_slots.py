"""What a simulated device makes of a probe server's answers."""

from __future__ import annotations

import asyncio
import random

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from collector.simulator import slots
from contract import wire
from contract.probing import Booked, DirectionNeed, Granted, Nonce, Stream

NEED = DirectionNeed(ready_mbps=5.0, minimum_mbps=2.5)
GRANTED = Granted(
    token="t" * 22,
    download=NEED,
    upload=NEED,
    bitrate_mbps=5.0,
    is_watched=True,
    is_thorough=False,
    stream=Stream(packets_per_s=50, packets=500, up_bytes=44, down_bytes=44),
    most_down_bytes=1,
    most_up_bytes=1,
)


async def came(answer: Granted | Booked, end_status: int) -> slots.Came:
    """Return what comes of a test at a probe server that answers so."""

    async def nonce(_: web.Request) -> web.Response:
        return web.json_response(text=Nonce(nonce="n" * 22, ends_in_s=30.0).model_dump_json())

    async def ask(_: web.Request) -> web.Response:
        return web.json_response(text=answer.model_dump_json(exclude_none=True))

    async def end(_: web.Request) -> web.Response:
        return web.Response(status=end_status)

    app = web.Application()
    app.add_routes([web.get("/v1/nonce", nonce), web.post("/v1/slots", ask), web.post("/v1/slots/{token}/end", end)])
    asking = slots.Slots(random.Random(1))
    async with TestServer(app) as server:
        try:
            return await asking.test(
                wire.ProbeServer(wire.SHARDS, server.host, server.port or 0, 1), "d-00000001", "ab"
            )
        finally:
            await asking.close()


def test_a_slot_that_was_held_to_its_end_is_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_HELD_S", 0.0)
    assert asyncio.run(came(GRANTED, 200)).is_tested
    assert asyncio.run(came(Booked(in_s=7.0), 200)) == slots.Came(False, 7.0)


def test_whose_slot_was_over_asks_again_in_a_minute_or_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_HELD_S", 0.0)
    told = asyncio.run(came(GRANTED, 404))
    assert not told.is_tested
    assert told.again_s is not None
    assert 60.0 <= told.again_s <= 120.0
