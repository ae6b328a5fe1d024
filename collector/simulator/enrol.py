"""Enrols by a code over HTTPS, like anybody: the centre's own certificate authority is the only one that is trusted."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

from collector.simulator.files import Credentials, EnrolmentCode
from contract.enrolment import EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest

_TIMEOUT_S = 60.0  # the centre answers after its broker knows the device
_MOST_BYTES = 64 * 1024
_TRIES = 10
_RETRY_S, _MOST_RETRY_S = 2, 30
_PASSWORD_BYTES = 24


class EnrolmentError(RuntimeError):
    """The centre does not take the code; the text says why."""


def enrol(code: EnrolmentCode, folder: Path) -> Credentials:
    """Return the credentials that a code gives, however busy the centre is for a while; raises EnrolmentError.

    Blocks. The authority that the centre names is kept in `folder`, for the brokers.
    """
    request = EnrolmentRequest(code=code.code, password=secrets.token_urlsafe(_PASSWORD_BYTES))
    context = ssl.create_default_context(cafile=code.ca_file)
    for _ in range(_TRIES):
        try:
            answer = _ask(code.server, request, context)
        except urllib.error.HTTPError as error:
            with error:
                wait_s = _wait_s(error.read(_MOST_BYTES))
        except (OSError, http.client.HTTPException):
            wait_s = _RETRY_S
        else:
            return _keep(answer, request.password, folder)
        time.sleep(min(wait_s, _MOST_RETRY_S))
    raise EnrolmentError(f"no answer from {code.server} in {_TRIES} tries")


def _ask(server: str, request: EnrolmentRequest, context: ssl.SSLContext) -> EnrolmentAnswer:
    body = request.model_dump_json().encode()
    asked = urllib.request.Request(f"{server.rstrip('/')}/enrol", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=_TIMEOUT_S, context=context) as answer:  # noqa: S310 - https, as on the sheet
        return EnrolmentAnswer.model_validate_json(answer.read(_MOST_BYTES))


def _wait_s(body: bytes) -> int:
    """Return how long to wait before the next try; raises EnrolmentError where no wait would help."""
    try:
        refusal = EnrolmentRefusal.model_validate(json.loads(body))
    except ValueError:
        return _RETRY_S
    if refusal.code not in ("busy", "slow_down"):
        raise EnrolmentError(refusal.en)
    return refusal.retry_after_s or _RETRY_S


def _keep(answer: EnrolmentAnswer, password: str, folder: Path) -> Credentials:
    if answer.state != "admitted":
        raise EnrolmentError("the device waits for approval: another one has used the code before")
    ca_file = folder / "ca.pem"
    ca_file.write_text(answer.ca_pem, encoding="ascii")
    return Credentials(
        device=answer.device,
        password=password,
        brokers=answer.brokers,
        ca_file=str(ca_file),
        permit_key=answer.permit_key,
    )
