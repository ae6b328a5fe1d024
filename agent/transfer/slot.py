"""Asks the probe server for a slot, proving who we are by the permit key, and gives it back."""

from __future__ import annotations

from typing import Union

from pydantic import ValidationError

from agent.transfer.web import Web
from agent.unmeasured import ProbeError
from contract import permit
from contract.findings import Link
from contract.probing import Answer, Ask, Booked, Ended, Granted, Nonce, Purpose, Refused

_HELD_S = 35.0  # the probe server holds a request for 25 s when our turn is near


def ask(
    web: Web, device: str, key: str, purpose: Purpose, test: str, link: Link | None, *, is_consented: bool = False
) -> Union[Granted, Booked, Refused]:
    """Ask for leave to load the network; raises OSError or ProbeError when there is no answer."""
    try:
        nonce = Nonce.model_validate_json(web.fetch("GET", "/v1/nonce")).nonce
        question = Ask.model_validate(
            {
                "device": device,
                "nonce": nonce,
                "test": test,
                "purpose": purpose,
                "link": link,
                "is_consented": is_consented,
                "answer": "0" * 64,
            }
        )
        answer = permit.answer(key, nonce, question.asked)
        body = question.model_copy(update={"answer": answer}).model_dump_json()
        return Answer.validate_json(web.fetch("POST", "/v1/slots", body.encode(), _HELD_S))
    except ValidationError as error:
        raise _not_understood() from error


def end(web: Web, granted: Granted) -> Ended:
    """Give the slot back and learn how the test looked from the server; raises OSError or ProbeError."""
    try:
        return Ended.model_validate_json(web.fetch("POST", f"/v1/slots/{granted.token}/end"))
    except ValidationError as error:
        raise _not_understood() from error


def _not_understood() -> ProbeError:
    return ProbeError("error", "the probe server's answer is not understood: one of us is too old")
