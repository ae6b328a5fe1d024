"""The stream of a slot: STAMP packets to the probe server at a steady rate, and answers of a size of their own.

A packet's T1 is taken when it is sent and not when it should have been, and its arrival is the kernel's where that
tells: what this program does late is not the path's delay. Loaded in the round child only.
"""

from __future__ import annotations

import os
import select
import socket
import time
from typing import TYPE_CHECKING, List, NamedTuple, Optional, Set

from agent.formulas.ways import Reply
from contract import datagrams, stamp

if TYPE_CHECKING:
    from contract.probing import Stream

WAIT_S = 2.0  # for the last answers
_ASK_EVERY_S = 0.3
_ASKINGS = 10
_ASKING = 1 << 31  # in the sequence number of a packet that shows the token, and of none in the stream
_MOST_LENGTH = 1.5  # of what a stream should take: then what was sent is all that is sent
_LATE_S = 0.05  # later than this, all that follows is later too: a burst would be a load that nobody granted


class NoStream(Exception):
    """The probe server does not know the slot, or has no room for its stream."""


class StreamResult(NamedTuple):
    """What became of a stream; `replies` as they came, each packet once."""

    sent: int
    arrived: Optional[int]  # at the reflector; None: it did not tell
    took_s: float  # to send
    shape: Stream
    replies: List[Reply]


def run(host: str, udp_port: int, token: str, stream: Stream, wait_s: float = WAIT_S) -> StreamResult:
    """Send the stream of a slot and return what came back, `wait_s` after the last packet at the latest.

    Raises NoStream when the probe server does not take it, TimeoutError when it does not answer at all, and OSError
    when its name is not known or the network cannot be used.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, udp_port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as udp:
        udp.connect(address)  # so that packets from elsewhere are not taken for answers
        udp.setblocking(False)
        datagrams.ask_for_times(udp)
        sender = _Sender(udp, token, stream)
        sender.open()
        took_s = sender.send_all()
        sender.receive_rest(wait_s)
        return StreamResult(sender.sent, sender.ask_how_many_came(), took_s, stream, sender.replies)


class _Sender:
    """One stream, from one socket; all times are seconds since it began."""

    def __init__(self, udp: socket.socket, token: str, stream: Stream) -> None:
        self.replies: List[Reply] = []
        self._udp = udp
        self._token = token
        self._stream = stream
        self._cookie = stamp.NO_COOKIE
        self._padding = stamp.padding(stream.up_bytes)
        self.sent = 0
        self._is_back = bytearray(stream.packets)
        self._start_s = time.perf_counter()
        self._start_us = time.time_ns() // 1000  # the wall clock may be set meanwhile: it is read once

    def open(self) -> None:
        """Show the token, and bring the cookie back."""
        for _ in range(2):
            answer = self._ask()
            if answer is None:
                raise TimeoutError("the probe server does not answer")
            self._cookie = stamp.cookie_of(answer)
            if self._cookie == stamp.NO_COOKIE:
                raise NoStream("the probe server does not know the slot")

    def send_all(self) -> float:
        """Send the packets in their time, as many as half as long again allows, receiving meanwhile.

        Return how long it took, in s.
        """
        interval_s = 1 / self._stream.packets_per_s
        began_s = due_s = self._now_s()
        until_s = began_s + _MOST_LENGTH * self._stream.packets * interval_s
        now_s = began_s
        while self.sent < self._stream.packets and now_s < until_s:
            now_s = self._now_s()
            if now_s < due_s:
                self._receive(due_s - now_s)
            elif self._send(now_s):
                due_s = (now_s if now_s - due_s > _LATE_S else due_s) + interval_s
            else:
                select.select([], [self._udp], [], _LATE_S)
        return now_s - began_s + interval_s

    def receive_rest(self, wait_s: float) -> None:
        """Receive until all are back, or until it has been waited long enough."""
        until_s = self._now_s() + wait_s
        while len(self.replies) < self.sent and self._now_s() < until_s:
            self._receive(until_s - self._now_s())

    def ask_how_many_came(self) -> Optional[int]:
        """Return how many packets have come to the reflector; None when it does not answer."""
        answer = self._ask()
        if answer is None or stamp.cookie_of(answer) == stamp.NO_COOKIE:  # the slot is over
            return None
        return stamp.seq_of(answer)

    def _now_s(self) -> float:
        return time.perf_counter() - self._start_s

    def _wall_us(self, now_s: float) -> int:
        return self._start_us + int(now_s * 1e6)

    def _send(self, now_s: float) -> bool:
        packet = stamp.encode(self.sent, self._wall_us(now_s), self._cookie) + self._padding
        try:
            self._udp.send(packet)
        except BlockingIOError:  # this machine's own queue is full: wait, nothing is lost
            return False
        except OSError:  # an earlier packet's "port unreachable"
            pass
        self.sent += 1
        return True

    def _receive(self, wait_s: float) -> None:
        """Wait for answers, and take all that have come."""
        if not select.select([self._udp], [], [], max(0.0, wait_s))[0]:
            return
        while True:
            came = datagrams.receive(self._udp)
            if came is None:
                return
            self._take(came.content, self._now_s() - came.waited_us / 1e6)

    def _take(self, content: bytes, arrived_s: float) -> None:
        if len(content) < stamp.SIZE or stamp.cookie_of(content) != stamp.NO_COOKIE:
            return
        answer = stamp.decode(content)
        seq = answer.sender_seq
        if seq >= self.sent or self._is_back[seq]:
            return
        self._is_back[seq] = 1
        arrived_us = self._wall_us(arrived_s)
        whole_us, there_us = arrived_us - answer.sent_us, answer.returned_us - answer.arrived_us
        is_possible = 0 <= there_us <= whole_us  # else its clock was set in between, or it says what is not true
        rtt_us = whole_us - there_us if is_possible else whole_us
        up_us, down_us = answer.arrived_us - answer.sent_us, arrived_us - answer.returned_us
        self.replies.append(Reply(seq, answer.reflector_seq, rtt_us / 1000, up_us / 1000, down_us / 1000))

    def _ask(self) -> Optional[bytes]:
        """Show the token until there is an answer to that; None when there is none."""
        numbers: Set[int] = set()
        for _ in range(_ASKINGS):
            number = _ASKING | int.from_bytes(os.urandom(4), "big")
            numbers.add(number)
            now_s = self._now_s()
            packet = stamp.with_token(stamp.encode(number, self._wall_us(now_s), self._cookie), self._token)
            try:
                self._udp.send(packet)
            except OSError:
                continue
            answer = self._answer_to(numbers, now_s + _ASK_EVERY_S)
            if answer is not None:
                return answer
        return None

    def _answer_to(self, numbers: Set[int], until_s: float) -> Optional[bytes]:
        while self._now_s() < until_s:
            select.select([self._udp], [], [], max(0.0, until_s - self._now_s()))
            came = datagrams.receive(self._udp)
            if came is not None and len(came.content) >= stamp.SIZE:
                if stamp.decode(came.content).sender_seq in numbers:
                    return came.content
                self._take(came.content, self._now_s() - came.waited_us / 1e6)
        return None
