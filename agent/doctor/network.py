"""The way to the servers: a route, a proxy, their names, and whether a login page stands in between."""

from __future__ import annotations

import http.client
import socket
from typing import List, NamedTuple, Optional
from urllib.parse import urlsplit

from agent.doctor.check import BAD, OK, SKIPPED, WARNING, Answer, Subject
from agent.doctor.together import together
from agent.proxy import find
from contract.languages import say
from contract.probing import HEADER

_LOOK_UP_S = 4.5
_ANSWER_S = 2.5
_NETWORK_LOGIN = 511  # RFC 6585, section 6
_WORLD = "192.0.2.1"  # TEST-NET-1 (RFC 5737): nobody is there


def way_out(subject: Subject) -> Answer:
    """Tell whether packets can leave this machine: no program is asked, as much waits for this."""
    if _has_route(_WORLD):
        return Answer(OK, say("có.", "there is one."))
    if subject.read is not None and all(map(_has_route, hosts(subject))):
        return Answer(OK, say("không ra Internet, nhưng tới được máy chủ.", "not to the Internet, but to the servers."))
    return Answer(
        BAD,
        say("không có; máy chưa nối vào mạng nào.", "none; this machine is on no network."),
        say(
            "Cắm lại dây mạng, xem đèn ở cổng mạng có sáng không; hoặc nối Wi-Fi. Rồi chạy lại lệnh này.",
            "Plug the cable in again and see whether the port's light is on; or join the Wi-Fi. Then run this again.",
        ),
    )


def hosts(subject: Subject) -> List[str]:
    """Return the names or addresses of all servers of the centre, each once."""
    urls = [*subject.settings.brokers, subject.server]
    names = [*(urlsplit(url).hostname or "" for url in urls), subject.settings.probe_server.host]
    return list(dict.fromkeys(name for name in names if name))


def _has_route(host: str) -> bool:
    """Tell whether packets to an address can leave; none is sent. False of a name: finding it needs a network."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            "127.0.0.1" if host == "localhost" else host, 9, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
        )[0]
        with socket.socket(family, kind) as udp:
            udp.connect(address)
    except OSError:
        return False
    return True


def proxy(subject: Subject) -> Answer:
    """Tell which proxy this machine is set to use for our servers, and whether that answers."""
    used = [found for found in map(find, hosts(subject)) if found]
    if not used:
        return Answer(OK, say("không dùng.", "none is used."))
    place = f"{used[0].host}:{used[0].port}"
    try:
        socket.create_connection((used[0].host, used[0].port), _ANSWER_S).close()
    except OSError as error:
        return Answer(
            BAD,
            say(
                f"máy này đặt proxy {place}, mà proxy ấy không trả lời ({error}).",
                f"this machine is set to use {place}, which does not answer ({error}).",
            ),
            say(
                "Trường không dùng proxy: tắt nó (Windows: Settings, Network, Proxy; Linux: bỏ biến https_proxy). "
                "Có dùng: hỏi người quản trị mạng địa chỉ đúng.",
                "If the school uses none: switch it off (Windows: Settings, Network, Proxy; Linux: unset "
                "https_proxy). If it does: ask who looks after the network for the right address.",
            ),
        )
    return Answer(OK, say(f"dùng {place}, proxy trả lời.", f"{place} is used, and answers."))


def names(subject: Subject) -> Answer:
    """Tell whether the servers' names can be resolved."""
    found = together(_resolve, hosts(subject), _LOOK_UP_S)
    lost = [host for host, problem in found.items() if problem is not None]
    if not lost:
        return Answer(OK, say("tra được cả.", "all are found."))
    missing = ", ".join(lost)
    text = say(f"không tra được {missing}.", f"not found: {missing}.")
    step = say(
        "Thử mở một trang web bất kỳ. Không mở được: mạng hoặc DNS hỏng, khởi động lại modem hoặc gọi nhà mạng. "
        "Mở được: gọi Sở hỏi lại địa chỉ máy chủ.",
        "Try any web page. If none opens: network or DNS are down, restart the modem or call the provider. If they "
        "open: ask the department for the servers' addresses.",
    )
    return Answer(BAD if len(lost) == len(found) else WARNING, text, step)


def _resolve(host: str) -> None:
    socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)


def portal(subject: Subject) -> Answer:
    """Tell whether what answers at the probe server's address is the probe server, and not a network's login page."""
    server = subject.settings.probe_server
    answer = health(server.host, server.http_port)
    if answer is None or answer.is_sick:  # `probe_http` tells
        return Answer(SKIPPED, say("máy chủ đo không trả lời nên chưa biết.", "no answer, so it is not known."))
    if answer.is_ours:
        return Answer(OK, say("không có trang nào chặn.", "none stands in between."))
    return Answer(
        BAD,
        say(
            f"máy khác trả lời thay máy chủ đo ({server.host}:{server.http_port}): mạng này đòi đăng nhập trước.",
            f"another machine answers for the probe server ({server.host}:{server.http_port}): it wants a login.",
        ),
        say(
            "Mở trình duyệt, vào một trang web bất kỳ và đăng nhập vào mạng (Wi-Fi); rồi chạy lại lệnh này.",
            "Open a browser, go to any page and log in to the network (Wi-Fi); then run this again.",
        ),
    )


class Health(NamedTuple):
    """What answered when the probe server was asked for its health."""

    status: int  # of HTTP; 0 when it does not speak it
    is_ours: bool

    @property
    def is_sick(self) -> bool:
        """Tell whether a server has a problem: its own, as a login page sends a page, elsewhere, or 511."""
        is_page = self.status in (0, 200, _NETWORK_LOGIN) or 300 <= self.status < 400
        return not self.is_ours and not is_page


def health(host: str, port: int) -> Optional[Health]:
    """Ask the probe server for its health over HTTP; None when nothing answers."""
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        return Health(response.status, response.status == 200 and response.getheader(HEADER) is not None)
    except http.client.RemoteDisconnected:
        return None
    except http.client.HTTPException:
        return Health(0, is_ours=False)
    except OSError:
        return None
    finally:
        connection.close()
