"""The threshold transfer, far end: a download paced here, an upload counted here. Each in a slot, each once."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from collector.probe_server.connections import NOISE, break_off, forget_way
from collector.probe_server.keys import SLOTS
from collector.probe_server.limits import LATE_S
from collector.probe_server.pacing import Pacer
from collector.probe_server.slots import Slot, Slots
from contract import transfer
from contract.tcp import wire_bytes

_LOOK_S = 0.005
_BIN_LINE_BYTES = 23
_ARRIVALS_S = transfer.MOST_S + 5.0
ROUTES = web.RouteTableDef()


@ROUTES.get("/v1/slots/{token}/download")
async def download(request: web.Request) -> web.StreamResponse:
    """Send until the device breaks off: first at the peak, to empty token buckets, then a little above the need."""
    with _step(request, "download") as slot:
        response = web.StreamResponse()
        response.content_type = "application/octet-stream"
        response.content_length = slot.granted.most_down_bytes
        try:
            async with asyncio.timeout(transfer.MOST_S):
                await response.prepare(request)
                await _send(response, _tcp(request), slot, request.app[SLOTS])
                if slot.sent_bytes < slot.granted.most_down_bytes:  # what TCP had to repeat counts too
                    raise TimeoutError
                await response.write_eof()
        except (ConnectionError, TimeoutError) as over:  # it has seen enough, or its time is over
            forget_way(over)
            break_off(request)
    return response


@ROUTES.get("/v1/slots/{token}/arrivals")
async def arrivals(request: web.Request) -> web.StreamResponse:
    """Tell what arrives of the upload: a line `seconds bytes` for each bin, from its first byte to its end."""
    with _step(request, "arrivals") as slot:
        response = web.StreamResponse()
        response.content_type = "text/plain"
        response.content_length = _BIN_LINE_BYTES * round(_ARRIVALS_S / transfer.BIN_S)  # the most there will ever be
        try:
            async with asyncio.timeout(_ARRIVALS_S):
                await response.prepare(request)
                await response.write(b"")
                await _tell_bins(response, slot)
        except (ConnectionError, TimeoutError) as over:
            forget_way(over)
        break_off(request)
    return response


@ROUTES.post("/v1/slots/{token}/upload")
async def upload(request: web.Request) -> web.Response:
    """Take what the device sends, until it breaks off or has sent all that it may."""
    with _step(request, "upload") as slot:
        slot.is_uploading = True
        try:
            async with asyncio.timeout(transfer.MOST_S):
                await _take_in(request, slot)
        except (ConnectionError, TimeoutError, web.RequestPayloadError) as over:
            forget_way(over)
        finally:
            slot.is_uploading = False
        if not request.content.at_eof():  # an answer would let it go on: aiohttp reads on for a second
            break_off(request)
    return web.json_response({"received_bytes": slot.received_bytes})


async def _take_in(request: web.Request, slot: Slot) -> None:
    slots, need_bps = request.app[SLOTS], slot.granted.upload.ready_mbps * 1e6
    excess, counted_s, is_draining = 0.0, time.monotonic(), True
    while slot.received_bytes < slot.granted.most_up_bytes and not slot.is_over:
        block = await request.content.readany()
        if not block:
            break
        slot.received_bytes += len(block)
        now_s = time.monotonic()
        slots.sign(slot, now_s)
        if is_draining:
            excess = transfer.excess(excess, len(block), now_s - counted_s, need_bps)
            counted_s = now_s
            if excess >= transfer.DRAINED_NEED_S:
                is_draining = False
                slots.lower(slot, transfer.HOLD * need_bps)


async def _tell_bins(response: web.StreamResponse, slot: Slot) -> None:
    while "upload" not in slot.steps:
        await asyncio.sleep(_LOOK_S)
    began_s = told_s = time.monotonic()
    told_bytes = number = 0
    is_over = False
    while not is_over:
        number += 1
        due_s = began_s + number * transfer.BIN_S
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        is_over = not slot.is_uploading
        now_s, now_bytes = time.monotonic(), slot.received_bytes
        slot.is_server_limited |= now_s - due_s > LATE_S
        await response.write(b"%9.6f %12d\n" % (now_s - told_s, now_bytes - told_bytes))
        told_s, told_bytes = now_s, now_bytes


async def _send(response: web.StreamResponse, tcp: socket.socket, slot: Slot, slots: Slots) -> None:
    most_bytes, need_bps = slot.granted.most_down_bytes, slot.granted.download.ready_mbps * 1e6
    pacer = Pacer(tcp)
    excess, acknowledged_bytes, counted_s = 0.0, 0, time.monotonic()
    pacer.change(transfer.pace_bps(need_bps, excess))
    is_draining = True
    while slot.sent_bytes < most_bytes and (wire_bytes(tcp) or 0) < most_bytes and not slot.is_over:
        block = NOISE[: min(pacer.block_bytes, most_bytes - slot.sent_bytes)]
        await response.write(block)
        slot.sent_bytes += len(block)
        await pacer.wrote(len(block))
        now_s, now_bytes = time.monotonic(), slot.sent_bytes - pacer.unacknowledged_bytes
        if now_bytes > acknowledged_bytes:
            slots.sign(slot, now_s)
        if is_draining:
            excess = transfer.excess(excess, now_bytes - acknowledged_bytes, now_s - counted_s, need_bps)
            pacer.change(transfer.pace_bps(need_bps, max(excess, pacer.foreseen(excess, need_bps))))
            if excess >= transfer.DRAINED_NEED_S:
                is_draining = False
                upload_bps = slot.granted.upload.ready_mbps * 1e6
                slots.lower(slot, max(transfer.HOLD * need_bps, transfer.PEAK * upload_bps))
        acknowledged_bytes, counted_s = now_bytes, now_s
    if pacer.most_late_s > LATE_S:
        slot.is_server_limited = True


def _tcp(request: web.Request) -> socket.socket:
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    transport.set_write_buffer_limits(high=len(NOISE))
    tcp: socket.socket = transport.get_extra_info("socket")
    return tcp


@contextmanager
def _step(request: web.Request, step: str) -> Iterator[Slot]:
    """Take a step of a slot; what is under way when the slot ends is broken off."""
    slot = request.app[SLOTS].take(request.match_info["token"], step, time.monotonic())
    if slot is None or request.transport is None:
        raise web.HTTPNotFound
    transport = request.transport
    slot.transports.add(transport)
    try:
        yield slot
    finally:
        slot.transports.discard(transport)
