"""The threshold transfer, far end: a download paced here, an upload counted here. Each in a slot, each once."""

from __future__ import annotations

import asyncio
import os
import socket
import time

from aiohttp import web

from collector.probe_server.keys import SLOTS
from collector.probe_server.pacing import Pacer
from collector.probe_server.slots import Slot
from contract import transfer

_BLOCK = os.urandom(16_384)  # so that nothing on the way can compress it
_LOOK_S = 0.005
_BIN_LINE_BYTES = 23
_ARRIVALS_S = transfer.MOST_S + 5.0
ROUTES = web.RouteTableDef()


@ROUTES.get("/v1/slots/{token}/download")
async def download(request: web.Request) -> web.StreamResponse:
    """Send until the device breaks off: first at the peak, to empty token buckets, then a little above the need."""
    slot = _take(request, "download")
    need_bps = slot.granted.download.ready_mbps * 1e6
    response = web.StreamResponse()
    response.content_type = "application/octet-stream"
    response.content_length = slot.granted.most_down_bytes
    await response.prepare(request)
    try:
        async with asyncio.timeout(transfer.MOST_S):
            await _send(response, _tcp(request), slot, need_bps)
            await response.write_eof()
    except (ConnectionError, TimeoutError):  # it has seen enough, or its time is over
        if request.transport is not None:
            request.transport.abort()
    return response


@ROUTES.get("/v1/slots/{token}/arrivals")
async def arrivals(request: web.Request) -> web.StreamResponse:
    """Tell what arrives of the upload: a line `seconds bytes` for each bin, from its first byte to its end."""
    slot = _take(request, "arrivals")
    response = web.StreamResponse()
    response.content_type = "text/plain"
    response.content_length = _BIN_LINE_BYTES * round(_ARRIVALS_S / transfer.BIN_S)  # the most there will ever be
    await response.prepare(request)
    await response.write(b"")
    try:
        async with asyncio.timeout(_ARRIVALS_S):
            await _tell_bins(response, slot)
    except (ConnectionError, TimeoutError):
        pass
    if request.transport is not None:
        request.transport.abort()
    return response


@ROUTES.post("/v1/slots/{token}/upload")
async def upload(request: web.Request) -> web.Response:
    """Take what the device sends, until it breaks off or has sent all that it may."""
    slot = _take(request, "upload")
    slot.is_uploading = True
    try:
        async with asyncio.timeout(transfer.MOST_S):
            while slot.received_bytes < slot.granted.most_up_bytes:
                block = await request.content.readany()
                if not block:
                    break
                slot.received_bytes += len(block)
    except (ConnectionError, TimeoutError, web.RequestPayloadError):
        pass
    finally:
        slot.is_uploading = False
    return web.json_response({"received_bytes": slot.received_bytes})


async def _tell_bins(response: web.StreamResponse, slot: Slot) -> None:
    while "upload" not in slot.steps:
        await asyncio.sleep(_LOOK_S)
    began_s = told_s = time.monotonic()
    told_bytes = number = 0
    is_over = False
    while not is_over:
        number += 1
        await asyncio.sleep(max(0.0, began_s + number * transfer.BIN_S - time.monotonic()))
        is_over = not slot.is_uploading
        now_s, now_bytes = time.monotonic(), slot.received_bytes
        await response.write(b"%9.6f %12d\n" % (now_s - told_s, now_bytes - told_bytes))
        told_s, told_bytes = now_s, now_bytes


async def _send(response: web.StreamResponse, tcp: socket.socket, slot: Slot, need_bps: float) -> None:
    most_bytes = slot.granted.most_down_bytes
    pacer = Pacer(tcp)
    excess, acknowledged_bytes, counted_s = 0.0, 0, time.monotonic()
    pacer.change(transfer.pace_bps(need_bps, excess))
    is_draining = True
    while slot.sent_bytes < most_bytes:
        block = _BLOCK[: min(pacer.block_bytes, most_bytes - slot.sent_bytes)]
        await response.write(block)
        slot.sent_bytes += len(block)
        await pacer.wrote(len(block))
        if is_draining:
            now_s, now_bytes = time.monotonic(), slot.sent_bytes - pacer.unacknowledged_bytes
            excess = transfer.excess(excess, now_bytes - acknowledged_bytes, now_s - counted_s, need_bps)
            acknowledged_bytes, counted_s = now_bytes, now_s
            if excess >= transfer.BUCKET_NEED_S:
                pacer.change(transfer.pace_bps(need_bps, excess))
                is_draining = False


def _tcp(request: web.Request) -> socket.socket:
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    transport.set_write_buffer_limits(high=len(_BLOCK))
    tcp: socket.socket = transport.get_extra_info("socket")
    return tcp


def _take(request: web.Request, step: str) -> Slot:
    slot = request.app[SLOTS].take(request.match_info["token"], step, time.monotonic())
    if slot is None or slot.test != "line":
        raise web.HTTPNotFound
    return slot
