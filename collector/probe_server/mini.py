"""The endpoints that speedtest-cli asks of a "Speedtest Mini" server, below the secret prefix of a slot for speedtest.

Without such a slot they answer nothing. Within it they move no more bytes than were granted, and no faster than at its
peak, over however many connections.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from collector.probe_server.connections import NOISE, break_off
from collector.probe_server.keys import SLOTS
from collector.probe_server.pacing import Turns
from collector.probe_server.slots import Slot
from contract import transfer
from contract.probing import DirectionNeed

# Bytes of random{N}x{N}.jpg at the original servers; the client takes whatever comes, so the last ones are cut.
IMAGE_BYTES = {
    350: 245_388,
    500: 505_544,
    750: 1_118_012,
    1000: 1_986_284,
    1500: 4_468_241,
    2000: 7_907_740,
    2500: 12_407_926,
    3000: 17_816_816,
    3500: 24_262_167,
    4000: 31_625_365,
}
MAX_TRANSFERS = 16  # of a slot at once; the client opens 2 to 8, each next one a moment before the last has ended here
MOST_S = 30.0  # from the first transfer to the end of the last one

ROUTES = web.RouteTableDef()
_PREFIX = "/v1/slots/{token}/mini"


@ROUTES.get(_PREFIX + "/")
async def welcome(request: web.Request) -> web.Response:
    """Tell a client what kind of server this is."""
    _slot(request)
    return web.Response(text='upload_extension: "php"\n')


@ROUTES.get(_PREFIX + "/speedtest/latency.txt")
async def latency(request: web.Request) -> web.Response:
    """Answer, for the time that it takes."""
    _slot(request)
    return web.Response(text="test=test\n")


@ROUTES.get(_PREFIX + r"/speedtest/random{width:\d+}x{height:\d+}.jpg")
async def download(request: web.Request) -> web.StreamResponse:
    """Send a picture of noise, or as much of it as may still be sent."""
    slot = _slot(request)
    width, height = request.match_info["width"], request.match_info["height"]
    if width != height or int(width) not in IMAGE_BYTES:
        raise web.HTTPNotFound
    async with _transfer(request, slot, "download", slot.granted.download) as turns:
        left = min(IMAGE_BYTES[int(width)], slot.granted.most_down_bytes - slot.sent_bytes)
        slot.sent_bytes += left  # before it is sent: others ask meanwhile
        response = web.StreamResponse()
        response.content_type = "image/jpeg"
        response.content_length = left
        await response.prepare(request)
        while left > 0:
            block = NOISE[:left]
            await turns.take(len(block))
            await response.write(block)
            request.app[SLOTS].sign(slot, time.monotonic())
            left -= len(block)
        await response.write_eof()
    return response


@ROUTES.post(_PREFIX + "/speedtest/upload.php")
async def upload(request: web.Request) -> web.Response:
    """Count what is sent, as long as it may be."""
    slot = _slot(request)
    most_bytes = slot.granted.most_up_bytes
    if slot.received_bytes + (request.content_length or 0) > most_bytes:
        raise web.HTTPRequestEntityTooLarge(most_bytes, request.content_length or 0)
    size = 0
    async with _transfer(request, slot, "upload", slot.granted.upload) as turns:
        async for block in request.content.iter_chunked(len(NOISE)):
            size += len(block)
            slot.received_bytes += len(block)
            if slot.received_bytes > most_bytes:  # a body that did not tell its length, or several at once
                raise ConnectionAbortedError  # an answer would let it go on: aiohttp reads the rest before it closes
            request.app[SLOTS].sign(slot, time.monotonic())
            await turns.take(len(block))
    return web.Response(text=f"size={size}")


@asynccontextmanager
async def _transfer(request: web.Request, slot: Slot, way: str, need: DirectionNeed) -> AsyncIterator[Turns]:
    """Hold one of the slot's places for transfers, for a bounded time; yields the pace of its direction."""
    now_s = time.monotonic()
    slot.mini_ends_s = slot.mini_ends_s or now_s + MOST_S
    transport = request.transport
    if slot.mini_transfers >= MAX_TRANSFERS or now_s >= slot.mini_ends_s or transport is None:
        raise web.HTTPServiceUnavailable
    slot.mini_transfers += 1
    slot.transports.add(transport)
    try:
        async with asyncio.timeout(slot.mini_ends_s - now_s):
            yield slot.turns.setdefault(way, Turns(transfer.pace_bps(need.ready_mbps * 1e6, 0.0)))
    except TimeoutError:
        break_off(request)  # the answer may be half-way: there is nothing left to say
        raise web.HTTPRequestTimeout from None
    except ConnectionError:  # not an error to log: speedtest-cli breaks off when its seconds are over
        break_off(request)
        raise web.HTTPRequestTimeout from None
    finally:
        slot.mini_transfers -= 1
        slot.transports.discard(transport)


def _slot(request: web.Request) -> Slot:
    slot = request.app[SLOTS].find(request.match_info["token"], time.monotonic())
    if slot is None or slot.test != "speedtest":
        raise web.HTTPNotFound
    return slot
