"""Exchanges a few STAMP packets with a probe server, and tells what their answers say of our clock.

Times are rounded to the microsecond, which is what a packet's time stamps tell.
"""

from __future__ import annotations

import select
import socket
import time
from typing import Callable, List, NamedTuple, Optional, Sequence

from contract import stamp


class Echo(NamedTuple):
    """One packet that came back."""

    seq: int
    rtt_ms: float  # without the reflector's own time
    offset_ms: float  # how far our wall clock is ahead of the reflector's, if both ways take equally long


def exchange(host: str, port: int, count: int, interval_s: float, wait_s: float) -> List[Echo]:
    """Send `count` packets `interval_s` apart and return the answers as they came, waiting `wait_s` for the last.

    Raises OSError when the name is not known or the network cannot be used at all.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as udp:
        udp.connect(address)  # so that packets from elsewhere are not taken for answers
        udp.setblocking(False)
        start_s = time.perf_counter()
        sent_at_s: List[float] = []
        echoes: List[Echo] = []
        while len(echoes) < count:
            now_s = time.perf_counter()
            next_s = start_s + len(sent_at_s) * interval_s
            is_all_sent = len(sent_at_s) == count
            if not is_all_sent and now_s >= next_s:
                sent_at_s.append(now_s)
                _send(udp, len(sent_at_s) - 1)
                continue
            until_s = sent_at_s[-1] + wait_s if is_all_sent else next_s
            if now_s >= until_s:
                break
            if select.select([udp], [], [], until_s - now_s)[0]:
                echo = _receive(udp, sent_at_s)
                if echo is not None and all(echo.seq != other.seq for other in echoes):
                    echoes.append(echo)
    return echoes


def keep_asking(
    host: str, port: int, interval_s: float, is_over: Callable[[], bool], on_echo: Callable[[float, Echo], None]
) -> None:
    """Send a packet every `interval_s` until it is over, and tell of each answer when it came (perf_counter, s).

    Raises OSError when the name is not known or the network cannot be used at all.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as udp:
        udp.connect(address)
        udp.setblocking(False)
        sent_at_s: List[float] = []
        while not is_over():
            now_s = time.perf_counter()
            wait_s = sent_at_s[-1] + interval_s - now_s if sent_at_s else 0.0
            if wait_s <= 0:
                sent_at_s.append(now_s)
                _send(udp, len(sent_at_s) - 1)
            elif select.select([udp], [], [], wait_s)[0]:
                echo = _receive(udp, sent_at_s)
                if echo is not None:
                    on_echo(time.perf_counter(), echo)


def ask_offset_ms(host: str, port: int) -> Optional[float]:
    """Ask a probe server, for a second or two, how far our clock is ahead; None when it does not answer."""
    try:
        return offset_ms(exchange(host, port, 5, 0.05, 1.5))
    except OSError:
        return None


def _send(udp: socket.socket, seq: int) -> None:
    try:
        udp.send(stamp.encode(seq, time.time_ns() // 1000))
    except OSError:  # a full queue, or an earlier packet's "port unreachable": this one is lost
        return


def _receive(udp: socket.socket, sent_at_s: Sequence[float]) -> Optional[Echo]:
    try:
        packet = stamp.decode(udp.recv(2048))
    except (OSError, ValueError):
        return None
    arrived_s, arrived_us = time.perf_counter(), time.time_ns() // 1000
    if packet.sender_seq >= len(sent_at_s):
        return None
    whole_ms = (arrived_s - sent_at_s[packet.sender_seq]) * 1000
    reflector_ms = (packet.returned_us - packet.arrived_us) / 1000
    is_possible = 0 <= reflector_ms <= whole_ms  # else its clock was set in between, or it says what is not true
    ahead_us = ((packet.sent_us - packet.arrived_us) + (arrived_us - packet.returned_us)) / 2
    rtt_ms = whole_ms - reflector_ms if is_possible else whole_ms
    return Echo(packet.sender_seq, round(rtt_ms, 3), round(ahead_us / 1000, 3))


def offset_ms(echoes: Sequence[Echo]) -> Optional[float]:
    """Return how far our clock is ahead by the packet with the shortest round trip; None of no packets."""
    return min(echoes, key=lambda echo: echo.rtt_ms).offset_ms if echoes else None
