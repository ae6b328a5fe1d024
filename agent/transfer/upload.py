"""Uploads in a slot, paced here, counted by the server, until the sequential test is sure.

Two connections: by one the server tells what arrives, by the other it arrives. So that it works through proxies, which
pass no answer on before a request has ended.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import time
from typing import Callable, List, Optional, Tuple

from agent.formulas.sequential import Result, SequentialTest
from agent.transfer.web import Web, reset
from contract import transfer
from contract.tcp import acknowledged_bytes, unsent_bytes, wire_bytes

_BLOCK = os.urandom(131_072)  # so that nothing on the way can compress it
_TICK_S = 0.005
_LEAST_WRITE_BYTES = 1460  # a full packet
_LATE_S = 0.02  # how much of a late turn is made up for: Windows' timers come every 16 ms
_QUEUE_S = 0.5  # of the need: what our own kernel may hold back, and a reset throws away ...
_ROUND_TRIPS = 2.0  # ... and what may be under way: less would bound the rate, more would flood a queue
_LEAST_QUEUE_BYTES = 32_768
_BELIEVED_S = 0.5  # so long after TCP says that the bucket is empty the server may still tell of less
_SILENCE_S = 5.0  # of the server, which tells every 100 ms


def upload(
    web: Web, token: str, test: SequentialTest, on_sent: Callable[[Optional[int]], None] = lambda sent_bytes: None
) -> Result:
    """Send, and feed the test with what the server says has arrived; raises OSError or ProbeError.

    on_sent is told at the end what was sent, headers and repetitions included, where TCP tells.
    """
    watching = web.connect()
    watch = web.begin(watching, "GET", f"/v1/slots/{token}/arrivals")
    try:
        told = Arrivals(web.stream(watching, watch))
        sending = web.connect()
        sender = web.begin(sending, "POST", f"/v1/slots/{token}/upload", test.most_bytes)
        queue_bytes = transfer.bytes_of(test.need.ready_bps, _QUEUE_S + _ROUND_TRIPS * test.round_trip_s)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, max(_LEAST_QUEUE_BYTES, queue_bytes))
        sender.setblocking(False)
        try:
            return _send(sender, watch, told, test)
        finally:
            on_sent(wire_bytes(sender))
            reset(sending, sender)
    finally:
        reset(watching, watch)


class Arrivals:
    """What the server tells of the bytes that arrive: a line `seconds bytes` for each bin."""

    def __init__(self, body: http.client.HTTPResponse) -> None:
        self.is_over = False
        self._body = body
        self._line = b""

    def read(self) -> List[Tuple[float, int]]:
        """Return the bins that have come, seconds and bytes; call it when there is something to read."""
        try:
            block = self._body.read1(4096)
        except (OSError, http.client.HTTPException):
            block = b""
        self.is_over = not block
        *lines, self._line = (self._line + block).split(b"\n")
        bins = []
        for line in lines:
            try:
                seconds, arrived_bytes = line.split()
                bins.append((float(seconds), int(arrived_bytes)))
            except ValueError:  # it is not the server any more that tells: what came until now counts
                self.is_over = True
                break
        return bins


class Drain:
    """How far the bucket has been emptied: what the server tells decides, what TCP tells is known sooner."""

    def __init__(self, need_bps: float, round_trip_s: float) -> None:
        self._need_bps = need_bps
        self._round_trip_s = round_trip_s
        self._told = 0.0
        self._acknowledged = 0.0
        self._last: Optional[Tuple[int, float]] = None
        self._believed_s: Optional[float] = None  # since when TCP says that it is empty

    def arrived(self, arrived_bytes: int, seconds: float) -> None:
        """Take a bin of the server's."""
        if self._told < transfer.DRAINED_NEED_S:
            self._told = transfer.excess(self._told, arrived_bytes, seconds, self._need_bps)

    def acknowledged(self, all_bytes: Optional[int], under_way_bytes: int, now_s: float) -> None:
        """Take what TCP tells; None where it does not. What is under way counts as if it had come already."""
        if all_bytes is None or self._believed_s is not None:
            return
        if self._last is not None:
            moved_bytes, seconds = all_bytes - self._last[0], now_s - self._last[1]
            self._acknowledged = transfer.excess(self._acknowledged, moved_bytes, seconds, self._need_bps)
        self._last = all_bytes, now_s
        coming = transfer.foreseen(self._acknowledged, under_way_bytes, self._round_trip_s, self._need_bps)
        if coming >= transfer.DRAINED_NEED_S:
            self._believed_s = now_s

    def pace_bps(self, now_s: float) -> float:
        """Return how fast to send, in bit/s; a proxy that acknowledged more than it passed on is found out."""
        is_believed = self._believed_s is not None and now_s - self._believed_s < _BELIEVED_S
        return transfer.pace_bps(self._need_bps, transfer.DRAINED_NEED_S if is_believed else self._told)


def _send(sender: socket.socket, watch: socket.socket, told: Arrivals, test: SequentialTest) -> Result:
    need_bps, most_bytes = test.need.ready_bps, test.most_bytes
    sent_bytes, allowance_bytes = 0, 0.0
    drain = Drain(need_bps, test.round_trip_s)
    last_s = heard_s = time.perf_counter()
    while not told.is_over and last_s - heard_s < _SILENCE_S:
        now_s = time.perf_counter()
        unsent, came_bytes = unsent_bytes(sender), acknowledged_bytes(sender)
        drain.acknowledged(came_bytes, sent_bytes - unsent - (came_bytes or 0), now_s)
        bytes_per_s = drain.pace_bps(now_s) / 8
        allowance_bytes = min(allowance_bytes + (now_s - last_s) * bytes_per_s, _LATE_S * bytes_per_s + len(_BLOCK) / 8)
        last_s = now_s
        wire = (wire_bytes(sender) or 0) + unsent  # what TCP had to repeat counts too
        has_all = max(sent_bytes, wire) >= most_bytes
        may_send = allowance_bytes >= _LEAST_WRITE_BYTES and not has_all
        readable, writable, _ = select.select([watch], [sender] if may_send else [], [], _TICK_S)
        if writable:
            try:
                written = sender.send(memoryview(_BLOCK)[: min(int(allowance_bytes), most_bytes - sent_bytes)])
            except OSError:  # it broke: what arrived until now counts
                break
            sent_bytes += written
            allowance_bytes -= written
        for seconds, arrived_bytes in told.read() if readable else ():
            heard_s = now_s
            if has_all and not arrived_bytes:  # nothing comes because nothing is sent any more
                return test.give_up(is_spent=True)
            drain.arrived(arrived_bytes, seconds)
            result = test.add(arrived_bytes, seconds)
            if result is not None:
                return result
    return test.give_up()
