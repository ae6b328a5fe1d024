"""Whether each server of the centre answers, and admits this device."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.error
from typing import Callable, Optional, Set, Tuple, TypeVar
from urllib.parse import urlsplit

import psutil

from agent import asking, identity, lock, packets, paths, trouble, trust
from agent.connection import log_in, place_of
from agent.describe import duration
from agent.doctor import network
from agent.doctor.check import BAD, OK, SKIPPED, WARNING, Answer, Subject
from agent.doctor.together import together
from agent.unmeasured import ProbeError
from contract import reasons
from contract.languages import language, say
from contract.probing import Refused

_Answer = TypeVar("_Answer")
_TIMEOUT_S = 3  # for TCP, and for each answer after it
_WITHIN_S = 6.0  # for all of it
_REFUSAL_S = 1.0  # it comes at once or never
_MOST_BYTES = 1024
_OFFSET_FINE_MS, _OFFSET_MOST_MS = 5_000.0, 3_600_000.0  # beyond the latter dates of certificates are not judged


def enrolment(subject: Subject) -> Answer:
    """Tell whether the enrolment server answers as ours does."""
    if not subject.server:
        return Answer(SKIPPED, say("địa chỉ chưa được lưu trên máy này", "its address was not kept on this machine"))
    try:
        is_ours = _by_our_clock(subject, lambda is_plausible: _answers_as_ours(subject, is_plausible))
    except urllib.error.HTTPError as error:
        error.close()
        return _sick(subject.server, f"HTTP {error.code}")
    except urllib.error.URLError as error:
        return _unreachable(subject.server, error.reason if isinstance(error.reason, OSError) else error)
    except OSError as error:
        return _unreachable(subject.server, error)
    except (ValueError, http.client.HTTPException):
        is_ours = False
    if not is_ours:
        return _sick(subject.server, say("câu trả lời lạ", "a strange answer"))
    return Answer(OK, say(f"trả lời ({subject.server}).", f"answers ({subject.server})."))


def _answers_as_ours(subject: Subject, is_clock_plausible: bool) -> bool:
    context = trust.context(subject.settings.folder / subject.settings.ca_file, is_clock_plausible)
    with asking.opener(subject.server, context).open(f"{subject.server}/healthz", timeout=_TIMEOUT_S) as answer:
        return bool(json.loads(answer.read(_MOST_BYTES)) == {"status": "ok"})


def _by_our_clock(subject: Subject, ask: Callable[[bool], _Answer]) -> _Answer:
    """Return what `ask` answers, told whether our clock can be right.

    It is asked once more, as the agent does, when a clock that the probe server shows to be wrong refused the dates.
    """
    wall_us = subject.clock.wall_us()
    try:
        return ask(trust.is_plausible(wall_us))
    except OSError as error:
        refused = error.reason if isinstance(error, urllib.error.URLError) else error
        is_about_date = isinstance(refused, ssl.SSLError) and trust.is_about_date(refused)
        if not is_about_date or trust.is_plausible(wall_us, _offset_ms(subject)):
            raise
        return ask(False)


def _sick(server: str, why: str) -> Answer:
    """Enrolment is needed once; an enrolled machine goes on without it."""
    return Answer(
        WARNING,
        say(f"đang gặp sự cố ({server}, {why}).", f"has a problem ({server}, {why})."),
        say("Thử lại sau ít phút; nếu vẫn vậy, gọi Sở.", "Try again in some minutes; else call the department."),
    )


def _unreachable(server: str, error: OSError) -> Answer:
    why = _told(error)
    step = trouble.next_step(trouble.kind_of(error))
    return Answer(WARNING, say(f"không tới được {server}: {why}.", f"{server} is not reached: {why}."), step)


def _told(error: Exception) -> str:
    """Return what went wrong in words, with the system's own words, if any, for who looks after the network."""
    words = trouble.told(trouble.kind_of(error))
    return f"{words} ({error})" if str(error) else words


def brokers(subject: Subject) -> Answer:
    """Tell whether each broker admits this device; one that does is enough for reports to go.

    The broker to which the resident is connected is not asked: some let a device in but once, and it would be put out.
    """
    place = place_of(subject.settings)._replace(keepalive_s=_TIMEOUT_S)  # which is how long TLS may take, too
    peers = _peers() if lock.held_since(subject.home / paths.LOCK) is not None else set()

    def try_to_log_in(url: str) -> None:
        if peers and not peers.isdisjoint(_addresses(url)):
            return
        _by_our_clock(subject, lambda is_plausible: log_in(url, place, _TIMEOUT_S, is_clock_plausible=is_plausible))

    answers = together(try_to_log_in, subject.settings.brokers, _WITHIN_S)
    failed = {url: error for url, error in answers.items() if error is not None}
    if not failed:
        urls = ", ".join(answers)
        return Answer(OK, say(f"nhận thiết bị này ({urls}).", f"this device is admitted ({urls})."))
    why = "; ".join(f"{url}: {_told(error)}" for url, error in failed.items())
    step = trouble.next_step(trouble.kind_of(next(iter(failed.values()))))
    if len(failed) < len(answers):
        return Answer(
            WARNING,
            say(f"vẫn gửi được, nhưng có máy hỏng: {why}.", f"reports go, but not by all of them: {why}."),
            step,
        )
    return Answer(BAD, say(f"không đăng nhập được {why}.", f"cannot log in to {why}."), step)


def _peers() -> Set[Tuple[str, int]]:
    """Return whom this machine holds a connection to, as far as it tells."""
    try:
        held = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return set()
    return {(one.raddr.ip, one.raddr.port) for one in held if one.raddr and one.status == psutil.CONN_ESTABLISHED}


def _addresses(url: str) -> Set[Tuple[str, int]]:
    address = urlsplit(url)
    found = socket.getaddrinfo(address.hostname, address.port, type=socket.SOCK_STREAM)
    return {(str(one[4][0]), int(one[4][1])) for one in found}


def probe_http(subject: Subject) -> Answer:
    """Tell whether the line can be measured: over TCP."""
    server = subject.settings.probe_server
    place = f"{server.host}, TCP {server.http_port}"
    try:
        socket.create_connection((server.host, server.http_port), _TIMEOUT_S).close()
    except OSError as error:
        return _no_probe(place, error)
    health = network.health(server.host, server.http_port)
    if health is not None and health.is_sick:
        return _sick(place, f"HTTP {health.status}")
    return Answer(OK, say("trả lời", "answers") + f" ({server.host}, TCP {server.http_port}).")


def permit(subject: Subject) -> Answer:
    """Tell whether the probe server would let this device load its line; no slot is taken for that."""
    from agent.in_short import refused
    from agent.transfer import slot
    from agent.transfer.web import reach

    server = subject.settings.probe_server
    place = f"{server.host}, TCP {server.http_port}"
    try:
        web = reach(server.host, server.http_port)
        key = identity.permit_key(subject.settings.folder)
        answer = slot.ask(web, subject.settings.device, key, "person", "check", None)
    except ProbeError as error:
        return _sick(place, f"{reasons.show(error.code, '', language())}, {error}")
    except OSError as error:
        return _no_probe(place, error)
    except ValueError:  # a key that is none
        return Answer(BAD, refused("no_key", 0))
    if isinstance(answer, Refused) and answer.code in ("wrong_answer", "bad_request"):
        return Answer(BAD, refused(answer.code, 0))
    if isinstance(answer, Refused):
        return Answer(OK, refused(answer.code, answer.most_bytes or 0))
    return Answer(OK, say(f"cho đo ({place}).", f"would let it be measured ({place})."))


def probe_udp(subject: Subject) -> Answer:
    """Tell whether loss and delay can be measured: over UDP."""
    server = subject.settings.probe_server
    try:
        echoes = packets.exchange(server.host, server.udp_port, 5, 0.05, 2.0)
    except OSError as error:
        return _no_probe(f"{server.host}, UDP {server.udp_port}", error)
    if not echoes:
        why = ConnectionRefusedError() if _refuses(server.host, server.http_port) else socket.timeout()
        return _no_probe(f"{server.host}, UDP {server.udp_port}", why)
    return Answer(OK, say("trả lời", "answers") + f" ({server.host}, UDP {server.udp_port}).")


def _refuses(host: str, port: int) -> bool:
    """Tell whether nothing listens there: over UDP a server that is off is as silent as a firewall."""
    try:
        socket.create_connection((host, port), _REFUSAL_S).close()
    except OSError as error:
        return trouble.kind_of(error) == "off"
    return False


def _no_probe(place: str, error: OSError) -> Answer:
    kind = trouble.kind_of(error)
    why = trouble.told(kind)
    return Answer(
        BAD, say(f"không tới được {place}: {why}.", f"{place} is not reached: {why}."), trouble.next_step(kind)
    )


def offset(subject: Subject) -> Answer:
    """Tell how far this machine's clock is from the probe server's."""
    offset_ms = _offset_ms(subject)
    if offset_ms is None:
        return Answer(SKIPPED, say("không có gói nào quay về", "no packet came back"))
    return of_offset(offset_ms)


def of_offset(offset_ms: float) -> Answer:
    """Judge how far the clock is ahead of the probe server's."""
    seconds = abs(offset_ms) / 1000
    off = duration(int(seconds)) if seconds >= 60 else reasons.show(round(seconds, 2), say("giây", "s"), language())
    if abs(offset_ms) <= _OFFSET_FINE_MS:
        return Answer(OK, say(f"đúng (lệch {off}).", f"right (off by {off})."))
    return Answer(
        WARNING if abs(offset_ms) <= _OFFSET_MOST_MS else BAD,
        say(f"máy này nhanh {off}.", f"{off} ahead.")
        if offset_ms > 0
        else say(f"máy này chậm {off}.", f"{off} behind."),
        say(
            "Bật tự chỉnh giờ qua mạng (Windows: Settings, Time, Set time automatically) và xem múi giờ.",
            "Let it be set over the network (Windows: Settings, Time, Set time automatically); see the time zone.",
        ),
    )


def _offset_ms(subject: Subject) -> Optional[float]:
    server = subject.settings.probe_server
    return packets.ask_offset_ms(server.host, server.udp_port)
