"""Asks the enrolment server over HTTPS, and tells apart what can stand in the way."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import Any, Optional, Tuple
from urllib.parse import urlsplit

from agent import proxy, trouble
from contract.enrolment import EnrolmentRefusal
from contract.languages import say

_TIMEOUT_S = 60  # the centre answers after its broker knows the device
_LOOK_TIMEOUT_S = 10
_MOST_BYTES = 64 * 1024
_KINDS = {"slow_down": "busy", "busy": "busy", "wrong_code": "wrong_code", "bad_code": "wrong_code"}  # of refusals
_NETWORK_LOGIN = 511  # RFC 6585, section 6


class EnrolmentError(Exception):
    """Enrolment did not succeed; the text says why and what to do next, in the person's language.

    kind: `here`: what was typed or lies on this machine; `wrong_code`: the centre knows no such code, and never will;
    `refused`: by the centre, until somebody there acts; else trying again may help: `busy`, `server`, `portal`, or
    what `agent.trouble` tells apart.
    """

    def __init__(self, text: str, kind: str = "here", wait_s: int = 0) -> None:
        super().__init__(text)
        self.kind = kind
        self.wait_s = wait_s  # the centre asks not to come again sooner

    @property
    def may_pass(self) -> bool:
        """Tell whether the same request may succeed later without anybody's doing."""
        return self.kind not in ("here", "wrong_code", "refused")


def base(server: str) -> str:
    """Return the address of a server as typed, without what follows its path; raises EnrolmentError."""
    address = urlsplit(server if "://" in server else f"https://{server}")
    if address.scheme != "https" or not address.hostname:
        raise EnrolmentError(
            say(
                f"Địa chỉ máy chủ phải bắt đầu bằng https:// (đang là {server}).",
                f"The server's address must begin with https:// (it is {server}).",
            )
        )
    return f"https://{address.netloc}{address.path.rstrip('/')}"


def fetch(url: str, body: Optional[bytes], context: ssl.SSLContext) -> bytes:
    """Return the server's answer to a GET, or to the POST of a JSON body; raises EnrolmentError."""
    try:
        try:
            answer, _ = _open(url, body, context, _TIMEOUT_S)
        except urllib.error.HTTPError as error:
            with error:  # its body may stall or break off, as any answer may
                raise _refused(error.code, error.read(_MOST_BYTES)) from error
    except (OSError, http.client.HTTPException) as error:  # URLError and ssl's errors are OSErrors
        raise _unreachable(url, getattr(error, "reason", error)) from error
    if answer.lstrip().startswith(b"<"):  # a page, where the centre sends JSON or a certificate
        raise _portal()
    return answer


def offset_ms(server: str, wall_us: int) -> Optional[float]:
    """Return how far our wall clock is ahead of what the server's answer is dated, None when it says nothing.

    Unverified, as time over the network is: it decides only whether a certificate's dates can be judged here.
    """
    try:
        _, headers = _open(f"{base(server)}/ca.pem", None, unverified(), _LOOK_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        headers = error.headers  # whatever it answers, it is dated
    except (OSError, http.client.HTTPException):
        return None
    try:
        return wall_us / 1000 - parsedate_to_datetime(headers["Date"]).timestamp() * 1000
    except (ValueError, TypeError, OverflowError):
        return None


def unverified() -> ssl.SSLContext:
    """Return a TLS context that trusts anybody: for what is no secret, and is compared or judged by other means."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect is not the centre's answer; following it would end at somebody else's page."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


def opener(url: str, context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Return what opens the address as we do: by the system's proxy, and following no redirect."""
    through = proxy.find(urlsplit(url).hostname or "")
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": through.with_credentials} if through else {}),
        urllib.request.HTTPSHandler(context=context),
        _StayHere,
    )


def _open(url: str, body: Optional[bytes], context: ssl.SSLContext, timeout_s: float) -> Tuple[bytes, Any]:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"} if body else {})  # noqa: S310 - https
    with opener(url, context).open(request, timeout=timeout_s) as response:
        return bytes(response.read(_MOST_BYTES)), response.headers


def _refused(status: int, body: bytes) -> EnrolmentError:
    try:
        refusal = EnrolmentRefusal.model_validate(json.loads(body))
    except ValueError:
        return _portal() if 300 <= status < 400 or status == _NETWORK_LOGIN else _server_trouble(status)
    kind = _KINDS.get(refusal.code, "refused")
    return EnrolmentError(say(refusal.vi, refusal.en), kind, refusal.retry_after_s or 0)


def _server_trouble(status: int) -> EnrolmentError:
    return EnrolmentError(
        say(
            f"Máy chủ đang gặp sự cố (HTTP {status}). Hãy thử lại sau ít phút.",
            f"The server has a problem (HTTP {status}). Try again in a few minutes.",
        ),
        "server",
    )


def _portal() -> EnrolmentError:
    return EnrolmentError(
        say(
            "Mạng này đòi đăng nhập trước: mở trình duyệt, đăng nhập vào mạng (Wi-Fi), rồi thử lại.",
            "This network wants a login first: open a browser, log in to the network (Wi-Fi), and try again.",
        ),
        "portal",
    )


def _unreachable(url: str, reason: Any) -> EnrolmentError:
    through = proxy.find(urlsplit(url).hostname or "")
    kind = trouble.kind_of(reason) if isinstance(reason, Exception) else "network"
    if kind not in ("name", "date") and _is_portal(url):
        return _portal()
    if getattr(reason, "reason", "") == "WRONG_VERSION_NUMBER":
        return EnrolmentError(
            say(
                f"Máy chủ ở {url} không nói HTTPS. Hãy xem lại địa chỉ và cổng trên phiếu.",
                f"The server at {url} does not speak HTTPS. Look at the address and the port on the sheet again.",
            ),
            "here",
        )
    if kind in ("certificate", "date"):
        why = getattr(reason, "verify_message", reason)
        return EnrolmentError(
            say(
                f"Không tin được chứng thư của máy chủ ({why}). Hãy kiểm tra lại địa chỉ máy chủ, dấu vân tay trên "
                "phiếu và đồng hồ của máy tính.",
                f"The server's certificate cannot be trusted ({why}). Check the server's address, the fingerprint on "
                "the sheet and this computer's clock.",
            ),
            kind,
        )
    if through is not None:
        return EnrolmentError(
            say(
                f"Không qua được máy chủ proxy {through.url} mà máy này đang đặt ({reason}). Hỏi người quản trị mạng.",
                f"The proxy that this machine is set to, {through.url}, does not let us through ({reason}). Ask who "
                "looks after the network.",
            ),
            "proxy",
        )
    if kind == "blocked":
        why, step = trouble.told(kind), trouble.next_step(kind)
        return EnrolmentError(
            say(f"Không kết nối được tới máy chủ: {why}. {step}", f"The server cannot be reached: {why}. {step}"), kind
        )
    return EnrolmentError(
        say(
            f"Không kết nối được tới máy chủ: {trouble.told(kind)} ({reason}). Hãy kiểm tra mạng và địa chỉ máy chủ, "
            "rồi thử lại.",
            f"The server cannot be reached: {trouble.told(kind)} ({reason}). Check the network and the server's "
            "address, then try again.",
        ),
        kind,
    )


def _is_portal(url: str) -> bool:
    """Tell whether somebody else answers at the centre's address with a page or sends us to one.

    Asked without anything of ours: at the same port, with and without TLS, and at port 80, which is all that many
    networks take over. There a page may be the centre's own, but being sent to another host is not.
    """
    address = urlsplit(url)
    places = (address.netloc, address.hostname)
    return _is_page(f"https://{address.netloc}/ca.pem") or any(_sends_elsewhere(f"http://{at}/") for at in places)


def _is_page(url: str) -> bool:
    try:
        answer, _ = _open(url, None, unverified(), _LOOK_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        return 300 <= error.code < 400 or error.code == _NETWORK_LOGIN
    except (OSError, http.client.HTTPException):
        return False
    return answer.lstrip().startswith(b"<")


def _sends_elsewhere(url: str) -> bool:
    try:
        _open(url, None, unverified(), _LOOK_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        with error:
            target = urlsplit(error.headers.get("Location") or "").hostname
            return error.code == _NETWORK_LOGIN or target not in (None, urlsplit(url).hostname)
    except (OSError, http.client.HTTPException):
        pass
    return False
