"""Nonces and slots over HTTP: who asks rightly is granted a slot, booked, or told why not."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from aiohttp import web
from pydantic import ValidationError

from collector.probe_server.document import Client, Document, Needs
from collector.probe_server.dry_run import kept_away
from collector.probe_server.keys import KNOWN, PERMITS, REFLECTOR, SLOTS
from collector.probe_server.ledger import terms
from collector.probe_server.permits import NONCE_S
from collector.probe_server.slots import new_token
from contract import transfer
from contract.fields import Message
from contract.probing import Ask, Booked, Ended, Granted, Nonce, RefusalCode, Refused, Stream

_MOST_LOST_HERE = 0.001  # of a stream's packets: a tenth of the least loss that a limit knows
_LEAST_LOST_HERE = 5  # packets: fewer are chance, and change no outcome
_HEADERS_BYTES = 48  # of IPv6 and UDP
_MOST_ASK_BYTES = 2048
_BODY_S = 10.0
_NEWS_S = 8.0  # within which the document tells of an enrolment; the device waits ten
ROUTES = web.RouteTableDef()


@ROUTES.get("/v1/nonce")
async def nonce(request: web.Request) -> web.Response:
    """Give a nonce to whoever asks."""
    return _json(Nonce(nonce=request.app[PERMITS].nonce(time.monotonic()), ends_in_s=NONCE_S))


@ROUTES.post("/v1/slots")
async def ask(request: web.Request) -> web.Response:
    """Answer a device that asks for a slot."""
    try:
        asked = Ask.model_validate_json(await _body(request))
    except (ValidationError, TimeoutError):
        return _json(Refused(code="bad_request"))
    answer = await _answer(request, asked)
    reason = answer.code if isinstance(answer, Refused) else ""
    request.app[SLOTS].totals.answers[answer.state, asked.purpose, reason] += 1
    return _json(answer)


async def _answer(request: web.Request, asked: Ask) -> Granted | Booked | Refused:
    refusal = request.app[PERMITS].check(asked, await _generation(request.app, asked), time.monotonic())
    document = request.app[KNOWN].document
    client = document.devices.get(asked.device)
    if client is None or refusal is not None:
        return Refused(code=refusal or "wrong_answer")
    if client.needs is None:
        return Refused(code="not_selected")
    needs = document.needs[client.needs]
    provider = request.app[KNOWN].prefixes.provider_of(request.remote or "")
    wanted, granted = _wanted(asked, client, needs), _granted(asked, client, needs, provider)
    forbidden = _forbidden(asked, client, needs, document)
    if forbidden is not None:
        transfer_bytes = granted.most_down_bytes + granted.most_up_bytes
        return Refused(code=forbidden, most_bytes=transfer_bytes + _stream_bytes(asked, granted.stream))
    if asked.test == "check":
        return Booked(in_s=0)
    slots, known = request.app[SLOTS], request.app[KNOWN]

    def no_more() -> Booked | Refused | None:
        """Answer at once whom the newest document keeps away."""
        if asked.device not in known.document.devices:
            return Refused(code="wrong_answer")
        return kept_away(known.document, asked.device, time.time_ns() // 1000) if not wanted.is_on_demand else None

    early = no_more()
    if early is not None:
        return early
    answer = await slots.ask(
        wanted, asked.purpose, granted, asked.test, lambda: request.transport is None or no_more() is not None
    )
    later = no_more()
    if later is None:
        return answer
    if isinstance(answer, Granted):
        slots.end(answer.token, "stopped")
    return later


async def _body(request: web.Request) -> bytes:
    """Return the body, in however many pieces it comes; of one that is too long, so much that it is none."""
    body = b""
    async with asyncio.timeout(_BODY_S):
        while len(body) <= _MOST_ASK_BYTES and (part := await request.content.readany()):
            body += part
    return body


@ROUTES.post("/v1/slots/{token}/end")
async def end(request: web.Request) -> web.Response:
    """End a slot and tell how it looked from here."""
    slots, token = request.app[SLOTS], request.match_info["token"]
    slot = slots.take(token, "end", time.monotonic())
    if slot is None:
        raise web.HTTPNotFound
    lost_here = request.app[REFLECTOR].end(token).lost_here
    bearable = max(_LEAST_LOST_HERE - 1, _MOST_LOST_HERE * slot.granted.stream.packets)
    slot.is_server_limited |= lost_here > bearable
    again_in_s = slots.end(token)
    return _json(
        Ended(
            is_server_limited=slot.is_server_limited,
            again_in_s=again_in_s,
            sent_bytes=slot.sent_bytes,
            received_bytes=slot.received_bytes,
        )
    )


async def _generation(app: web.Application, asked: Ask) -> int | None:
    """Return the generation of the device's key; None: there is no such device.

    One that the centre enrolled a moment ago, as its answer proves, waits until the document tells of it.
    """
    known = app[KNOWN]
    generation = _told(known.document, asked)
    next_one = (generation or 0) + 1
    if (
        known.room.locked()
        or not app[PERMITS].is_good(asked.nonce, time.monotonic())
        or not app[PERMITS].is_right(asked, next_one)
    ):
        return generation
    with suppress(TimeoutError):
        async with known.room, asyncio.timeout(_NEWS_S):
            while _told(known.document, asked) != next_one:
                await known.change()
    return _told(known.document, asked)


def _told(document: Document, asked: Ask) -> int | None:
    client = document.devices.get(asked.device)
    return client.generation if client else None


def _forbidden(asked: Ask, client: Client, needs: Needs, document: Document) -> RefusalCode | None:
    if document.is_stopped:
        return "stopped"
    if asked.link == "mobile" and not asked.is_consented and not _consented_bytes(asked, client, needs):
        return "needs_consent"
    return None


def _granted(asked: Ask, client: Client, needs: Needs, provider: str | None) -> Granted:
    most = (_consented_bytes(asked, client, needs) or None) if asked.link == "mobile" else None
    return Granted(
        token=new_token(),
        download=needs.download,
        upload=needs.upload,
        bitrate_mbps=needs.bitrate_mbps,
        is_watched=needs.is_watched,
        is_thorough=needs.is_thorough or asked.purpose != "schedule",
        stream=needs.stream,
        most_down_bytes=_most_bytes(needs.download.ready_mbps, most),
        most_up_bytes=_most_bytes(needs.upload.ready_mbps, most),
        provider=provider,
    )


def _wanted(asked: Ask, client: Client, needs: Needs) -> terms.Ask:
    """Return a test as the ledger sees it."""
    is_on_demand = asked.purpose != "schedule"
    return terms.Ask(asked.device, client.units, needs.need_class, needs.peak_bps, is_on_demand)


def _most_bytes(need_mbps: float, allowed: int | None) -> int:
    """Return what one direction may move: what the test may need at most, and no more than is allowed."""
    most = transfer.most_bytes(need_mbps * 1e6)
    return most if allowed is None else min(most, allowed // 2)


def _consented_bytes(asked: Ask, client: Client, needs: Needs) -> int:
    """Return what the transfer may move over 4G; 0: nobody consented, or to no more than the stream alone moves."""
    return max(0, (client.most_mobile_bytes or 0) - _stream_bytes(asked, needs.stream))


def _stream_bytes(asked: Ask, stream: Stream) -> int:
    """Return what the stream of a test moves, both ways and with its packets' headers."""
    if asked.test == "speedtest":
        return 0
    return stream.packets * (stream.up_bytes + stream.down_bytes + 2 * _HEADERS_BYTES)


def _json(message: Message) -> web.Response:
    return web.Response(text=message.model_dump_json(exclude_none=True), content_type="application/json")
