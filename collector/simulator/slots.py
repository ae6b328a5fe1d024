"""Asks probe servers for slots as the real agent does, by HTTP; a slot is held, and nothing is moved in it."""

from __future__ import annotations

import asyncio
import random
from typing import NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from pydantic import ValidationError

from collector.probe_server.ledger.costs import stated_cost
from contract import permit, wire
from contract.probing import Answer, Ask, Booked, Granted, Nonce

_HELD_S = stated_cost(1.0).work_bits  # at the peak: it reserves so much as a real test, which is lowered, does
_ANSWER_S = 35.0
_AGAIN_S = 60.0  # nobody answered, or the slot was over: once to twice so long
_AT_ONCE = 1000  # requests of one process, most of which are held


class Came(NamedTuple):
    """What came of asking: whether the line was tested, and if not, in how long to ask again; None: not any more."""

    is_tested: bool
    again_s: float | None = None


class Slots:
    """The requests of all devices of a process."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._http: ClientSession | None = None  # made when the first one asks

    async def test(self, server: wire.ProbeServer, device: str, permit_key: str) -> Came:
        """Ask for a device's slot and hold it for as long as a line test."""
        try:
            answer = await self._ask(f"http://{server.host}:{server.http_port}", device, permit_key)
        except (ClientError, TimeoutError, OSError, ValidationError):
            return Came(False, self._later_s())
        if isinstance(answer, Booked):
            return Came(False, answer.in_s)
        return Came(isinstance(answer, Granted))

    async def _ask(self, url: str, device: str, permit_key: str) -> object:
        http = self._session()
        async with http.get(f"{url}/v1/nonce") as told:
            nonce = Nonce.model_validate_json(await told.read()).nonce
        values = {"device": device, "nonce": nonce, "test": "line", "purpose": "schedule", "answer": "0" * 64}
        asked = Ask.model_validate(values)
        right = asked.model_copy(update={"answer": permit.answer(permit_key, nonce, asked.asked)})
        async with http.post(f"{url}/v1/slots", data=right.model_dump_json(exclude_none=True)) as told:
            answer = Answer.validate_json(await told.read())
        if isinstance(answer, Granted):
            await asyncio.sleep(_HELD_S * self._chance.uniform(0.7, 1.3))
            async with http.post(f"{url}/v1/slots/{answer.token}/end") as told:
                if told.status != 200:  # it was stopped, or the probe server has begun anew: the next answer says which
                    return Booked(in_s=self._later_s())
        return answer

    def _later_s(self) -> float:
        return _AGAIN_S * self._chance.uniform(1.0, 2.0)

    def _session(self) -> ClientSession:
        if self._http is None:
            self._http = ClientSession(
                connector=TCPConnector(limit=_AT_ONCE), timeout=ClientTimeout(total=None, sock_read=_ANSWER_S)
            )
        return self._http

    async def close(self) -> None:
        """Give up what is under way."""
        if self._http is not None:
            await self._http.close()
