"""Makes this machine a device of its site: password saved, centre asked with the code, answer written.

Each step can be repeated: the same code and password again is the same device.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple, Optional
from urllib.parse import urlsplit

from pydantic import ValidationError

from agent import identity, moving, paths, trust
from contract.clock import Clock
from contract.enrolment import EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest
from contract.languages import say
from contract.settings import AgentSettings, ProbeServerAddress

_TIMEOUT_S = 60  # the centre answers after its broker knows the device
_MOST_BYTES = 64 * 1024


class EnrolmentError(Exception):
    """Enrolment did not succeed; the text says why and what to do next, in the person's language."""


class Authority(NamedTuple):
    """The certificate of the private authority that a centre's servers are trusted by."""

    pem: str

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, as 64 hex digits in groups of four, to compare by eye."""
        digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.pem)).hexdigest().upper()
        return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))

    def has_fingerprint(self, text: str) -> bool:
        """Tell whether the text, in whatever grouping, is this certificate's fingerprint."""
        return re.sub(r"[^0-9A-F]", "", text.upper()) == self.fingerprint.replace(" ", "")


def fetch_authority(server: str) -> Authority:
    """Ask the centre for its authority, unverified: the person must compare the fingerprint. Raises EnrolmentError."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    return read_authority(_open(urllib.request.Request(f"{_base(server)}/ca.pem"), unverified))  # noqa: S310 - https only


def read_authority(pem: bytes) -> Authority:
    """Read an authority's certificate; raises EnrolmentError when it is none, or more than one."""
    try:
        if pem.count(b"-----BEGIN") != 1:  # a second one would be trusted without having been compared
            raise ValueError("not one certificate")
        certificate = ssl.PEM_cert_to_DER_cert(pem.decode("ascii").strip())
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificate)
    except (ValueError, ssl.SSLError) as error:
        raise EnrolmentError(
            say("Không đọc được chứng thư gốc (ca.pem).", "The authority's certificate (ca.pem) cannot be read.")
        ) from error
    return Authority(ssl.DER_cert_to_PEM_cert(certificate))


def stay(folder: Path, code: str, clock: Clock) -> None:
    """Raise EnrolmentError when the code would make an enrolled machine another site's; the centre is not asked."""
    now = moving.present(folder, clock)
    if now is not None and now.is_of_another_site(code):
        raise EnrolmentError(moving.refusal(now, is_asked=False))


def enrol(
    folder: Path, server: str, code: str, authority: Authority, clock: Clock, *, may_move: bool = False
) -> EnrolmentAnswer:
    """Enrol this machine and write its settings into `folder`; raises EnrolmentError.

    The password is on disk before the centre is asked, and the settings are written last: while they are missing, the
    machine is not enrolled and everything may be done again. A machine that is enrolled becomes another device only if
    it `may_move`.
    """
    if not may_move:
        stay(folder, code, clock)
    paths.make_private(folder)
    password = identity.keep_password(folder)
    trusted = folder / "ca.asked.pem"
    paths.write_private(trusted, authority.pem.encode("ascii"))
    try:
        answer = _ask(server, code, password, trust.context(trusted, trust.is_plausible(clock.wall_us())))
    finally:
        trusted.unlink()
    now = None if may_move else moving.present(folder, clock)
    if now is not None and now.device != answer.device:
        raise EnrolmentError(moving.refusal(now, is_asked=True))
    paths.write_private(folder / paths.CA, answer.ca_pem.encode("ascii"))
    identity.keep_permit_key(folder, answer.permit_key)
    paths.write_private(folder / paths.SITE, moving.site_of(code).encode("utf-8"))
    paths.write_private(folder / paths.SERVER, _base(server).encode("utf-8"))
    paths.write_private(folder / paths.SETTINGS, settings_from(answer).encode("utf-8"))
    return answer


def settings_from(answer: EnrolmentAnswer) -> str:
    """Return the content of the settings file that follows from the centre's answer."""
    probe_server = ProbeServerAddress(
        host=answer.probe_host, http_port=answer.probe_http_port, udp_port=answer.probe_udp_port
    )
    settings = AgentSettings(device=answer.device, brokers=answer.brokers, probe_server=probe_server)
    return settings.model_dump_json(indent=2)


def _ask(server: str, code: str, password: str, context: ssl.SSLContext) -> EnrolmentAnswer:
    try:
        question = EnrolmentRequest(code=code.strip(), password=password, machine=identity.machine())
    except ValidationError as error:
        raise EnrolmentError(
            say("Mã không đúng dạng. Hãy gõ lại mã trên phiếu.", "Not a code. Type the code on the sheet again.")
        ) from error
    request = urllib.request.Request(  # noqa: S310 - https only
        f"{_base(server)}/enrol",
        question.model_dump_json().encode(),
        {"Content-Type": "application/json"},
    )
    try:
        return EnrolmentAnswer.model_validate_json(_open(request, context))
    except ValidationError as error:
        raise EnrolmentError(
            say("Máy chủ trả lời không đúng quy cách.", "The server's answer cannot be understood.")
        ) from error


def _base(server: str) -> str:
    address = urlsplit(server if "://" in server else f"https://{server}")
    if address.scheme != "https" or not address.hostname:
        raise EnrolmentError(
            say(
                f"Địa chỉ máy chủ phải bắt đầu bằng https:// (đang là {server}).",
                f"The server's address must begin with https:// (it is {server}).",
            )
        )
    return f"https://{address.netloc}{address.path.rstrip('/')}"


def _open(request: urllib.request.Request, context: ssl.SSLContext) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=context) as response:  # noqa: S310 - https only
            return bytes(response.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error.code, error.read(_MOST_BYTES)) from error
    except (OSError, http.client.HTTPException) as error:  # URLError and ssl's errors are OSErrors
        raise EnrolmentError(_why_unreachable(getattr(error, "reason", error))) from error


def _refused(status: int, body: bytes) -> EnrolmentError:
    refusal = _refusal_in(body)
    if refusal is not None:
        return EnrolmentError(say(refusal.vi, refusal.en))
    return EnrolmentError(
        say(
            f"Máy chủ đang gặp sự cố (HTTP {status}). Hãy thử lại sau ít phút.",
            f"The server has a problem (HTTP {status}). Try again in a few minutes.",
        )
    )


def _refusal_in(body: bytes) -> Optional[EnrolmentRefusal]:
    try:
        return EnrolmentRefusal.model_validate(json.loads(body))
    except ValueError:
        return None


def _why_unreachable(reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return say(
            f"Không tin được chứng thư của máy chủ ({reason.verify_message}). Hãy kiểm tra lại địa chỉ máy chủ, "
            "dấu vân tay trên phiếu và đồng hồ của máy tính.",
            f"The server's certificate cannot be trusted ({reason.verify_message}). Check the server's address, the "
            "fingerprint on the sheet and this computer's clock.",
        )
    return say(
        f"Không kết nối được tới máy chủ ({reason}). Hãy kiểm tra mạng và địa chỉ máy chủ, rồi thử lại.",
        f"The server cannot be reached ({reason}). Check the network and the server's address, then try again.",
    )
