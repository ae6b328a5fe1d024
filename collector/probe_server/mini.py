"""The endpoints that speedtest-cli asks of a "Speedtest Mini" server, bounded in bytes, time and number."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

# Bytes of random{N}x{N}.jpg at the original servers; the client takes whatever comes, so large ones are cut.
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
MAX_DOWNLOAD_BYTES = 2_000_000
MAX_UPLOAD_BYTES = 8 * 1024 * 1024  # the largest body speedtest-cli ever sends is 7 MiB
MAX_TRANSFERS = 64  # at once; one device opens 2 to 8
MAX_TRANSFER_S = 30.0  # a stalled client must not hold its place
RETRY_AFTER_S = 5

_BLOCK = os.urandom(65_536)  # so that nothing on the way can compress it
_NOT_STORED = {"Cache-Control": "no-store"}
_PLACES = web.AppKey("places", asyncio.Semaphore)
_SECONDS = web.AppKey("seconds", float)


def build_app(max_transfers: int = MAX_TRANSFERS, max_transfer_s: float = MAX_TRANSFER_S) -> web.Application:
    """Return the application with all its routes."""
    app = web.Application()
    app[_PLACES] = asyncio.Semaphore(max_transfers)
    app[_SECONDS] = max_transfer_s
    app.add_routes(
        [
            web.get("/", _welcome),
            web.get("/healthz", _healthz),
            web.get("/speedtest/latency.txt", _latency),
            web.get(r"/speedtest/random{width:\d+}x{height:\d+}.jpg", _download),
            web.get("/speedtest/upload.php", _upload_form),
            web.post("/speedtest/upload.php", _upload),
        ]
    )
    return app


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _welcome(request: web.Request) -> web.Response:
    # Asked first of all: refusing here makes the client give up and come again, where a refused transfer
    # would count as zero bytes and pass our own limit off as the site's.
    _refuse_when_full(request)
    return web.Response(text='upload_extension: "php"\n', headers=_NOT_STORED)


async def _latency(_: web.Request) -> web.Response:
    return web.Response(text="test=test\n", headers=_NOT_STORED)


async def _upload_form(_: web.Request) -> web.Response:
    return web.Response(text="size=500", headers=_NOT_STORED)


async def _download(request: web.Request) -> web.StreamResponse:
    width, height = request.match_info["width"], request.match_info["height"]
    if width != height or int(width) not in IMAGE_BYTES:
        raise web.HTTPNotFound
    left = min(IMAGE_BYTES[int(width)], MAX_DOWNLOAD_BYTES)
    async with _transfer(request):
        response = web.StreamResponse(headers=_NOT_STORED)
        response.content_type = "image/jpeg"
        response.content_length = left
        await response.prepare(request)
        while left > 0:
            block = _BLOCK[:left]
            await response.write(block)
            left -= len(block)
        await response.write_eof()
    return response


async def _upload(request: web.Request) -> web.Response:
    if (request.content_length or 0) > MAX_UPLOAD_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_UPLOAD_BYTES, request.content_length or 0)
    size = 0
    async with _transfer(request):
        async for block in request.content.iter_chunked(len(_BLOCK)):
            size += len(block)
            if size > MAX_UPLOAD_BYTES:  # a body that did not tell its length
                raise web.HTTPRequestEntityTooLarge(MAX_UPLOAD_BYTES, size)
    return web.Response(text=f"size={size}", headers=_NOT_STORED)


@asynccontextmanager
async def _transfer(request: web.Request) -> AsyncIterator[None]:
    """Hold one of the places for transfers, for a bounded time."""
    _refuse_when_full(request)
    async with request.app[_PLACES]:
        try:
            async with asyncio.timeout(request.app[_SECONDS]):
                yield
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # the answer may be half-way: there is nothing left to say
            raise web.HTTPRequestTimeout from None
        except ConnectionError:  # not an error to log: speedtest-cli breaks off when its seconds are over
            raise web.HTTPRequestTimeout from None


def _refuse_when_full(request: web.Request) -> None:
    if request.app[_PLACES].locked():
        raise web.HTTPServiceUnavailable(headers={"Retry-After": str(RETRY_AFTER_S)})
