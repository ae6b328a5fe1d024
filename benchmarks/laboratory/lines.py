"""Lines that are only arithmetic: a paced CUBIC transfer over a bucket, a queue, noise and stalls, in steps of 10 ms.

Amounts are need-seconds and rates needs, so that one need stands for all; a segment is what it is at 5 Mbit/s.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from contract import transfer

NEED_BPS = 5e6
STEP_S = 0.01
SEGMENT = 1460 * 8 / NEED_BPS
INITIAL_WINDOW = 10 * SEGMENT
BETA, C = 0.7, 0.4  # of CUBIC, RFC 9438


@dataclass(frozen=True)
class Line:
    """A line, or how a client reads from it."""

    rate: float  # sustained
    round_trip_s: float = 0.03
    buffer_s: float = 0.2  # the queue, as seconds at the sustained rate, but at least so many segments:
    buffer_segments: int = 20
    cv: float = 0.0  # of AR(1) noise on the rate, by bins of 100 ms
    correlation: float = 0.7
    bucket: float = 0.0
    peak: float = 0.0  # of the bucket
    stall_every_s: float = 0.0
    stall_s: float = 0.0
    loss: float = 0.0  # of segments, random
    late_share: float = 0.0  # of bins that are read with the next one
    starved_at_s: float = -1.0  # two bins late, all bytes at once in the third


class Cubic:
    """A congestion window as RFC 9438 describes it, with slow start and one cut a round trip."""

    def __init__(self, round_trip_s: float) -> None:
        self.window = INITIAL_WINDOW
        self._threshold = math.inf
        self._most = 0.0
        self._since_s = 0.0
        self._k_s = 0.0
        self._reno = 0.0
        self._deaf_s = 0.0
        self._round_trip_s = round_trip_s

    def acknowledge(self, amount: float, round_trip_s: float) -> None:
        self._deaf_s -= STEP_S
        self._since_s += STEP_S
        if self.window < self._threshold:
            self.window += amount
            return
        t = self._since_s + round_trip_s - self._k_s
        cubic = (C * t**3) * SEGMENT + self._most
        self._reno += 0.53 * SEGMENT * amount / max(self.window, SEGMENT)
        goal = min(1.5 * self.window, max(cubic, self._reno))
        if goal > self.window:
            self.window += (goal - self.window) * min(1.0, amount / self.window)

    def lose(self, round_trip_s: float) -> None:
        if self._deaf_s > 0:
            return
        self._deaf_s = round_trip_s
        self._most = self.window
        self.window = self._threshold = self._reno = max(2 * SEGMENT, BETA * self.window)
        self._k_s = ((self._most - self.window) / SEGMENT / C) ** (1 / 3)
        self._since_s = 0.0


def steps(line: Line, rng: random.Random, is_long: bool = False) -> Iterator[float]:
    """Yield what arrives in each step of a drain and hold until it has moved all it may, or of a drain without end."""
    tcp, queue, in_flight, tokens, excess = Cubic(line.round_trip_s), 0.0, 0.0, line.bucket, 0.0
    left = transfer.MOST_NEED_S
    trip = max(1, round(line.round_trip_s / STEP_S))
    wire: deque[float] = deque([0.0] * trip)  # what was served and is not acknowledged yet
    losses: deque[float] = deque([0.0] * trip)
    room = max(line.buffer_segments * SEGMENT, line.buffer_s * line.rate)
    noise, stalled_s, n = rng.gauss(0, line.cv), 0.0, 0
    next_stall_s = rng.uniform(0, line.stall_every_s)
    while left > 0 or queue > 0 or any(wire):
        n += 1
        if n % 10 == 0 and line.cv:
            noise = line.correlation * noise + math.sqrt(1 - line.correlation**2) * rng.gauss(0, line.cv)
        if line.stall_every_s:
            next_stall_s -= STEP_S
            if next_stall_s <= 0:
                stalled_s, next_stall_s = line.stall_s, line.stall_every_s
            stalled_s -= STEP_S
        rate = 0.0 if stalled_s > 0 else max(0.0, line.rate * (1 + noise))
        acknowledged, lost = wire.popleft(), losses.popleft()
        in_flight -= acknowledged + lost
        round_trip_s = line.round_trip_s + queue / max(rate, line.rate)
        tcp.acknowledge(acknowledged, round_trip_s)
        if lost:
            tcp.lose(round_trip_s)
        coming = max(excess, transfer.foreseen(excess, in_flight / 8, round_trip_s, 1.0))
        paced = STEP_S * (transfer.PEAK if is_long else transfer.pace_bps(1.0, coming))
        excess = transfer.excess(excess, acknowledged / 8, STEP_S, 1.0)
        sent = min(paced, max(0.0, tcp.window - in_flight), left)
        left -= 0.0 if is_long else sent
        in_flight += sent
        queue += sent
        tokens = min(line.bucket, tokens + transfer.PACKET * rate * STEP_S)  # a bucket counts packets
        served = min(queue, tokens / transfer.PACKET if line.bucket else rate * STEP_S)
        if line.bucket:
            served = min(served, line.peak * STEP_S if stalled_s <= 0 else 0.0)
        queue -= served
        tokens = max(0.0, tokens - transfer.PACKET * served)
        dropped = max(0.0, queue - room)
        queue -= dropped
        if line.loss and rng.random() < served / SEGMENT * line.loss:
            dropped += min(SEGMENT, served)
            served -= min(SEGMENT, served)
        wire.append(served)
        losses.append(dropped)
        left += 0.0 if is_long else dropped  # it is sent again
        yield served


def arrivals(line: Line, rng: random.Random) -> Iterator[tuple[float, float]]:
    """Yield what a client reads: need-seconds and seconds of each bin."""
    source, kept = steps(line, rng), 0.0
    per_bin = round(transfer.BIN_S / STEP_S)
    starved = range(round(line.starved_at_s * 10), round(line.starved_at_s * 10) + 2) if line.starved_at_s >= 0 else ()
    n = 0
    while steps_of_bin := list(islice(source, per_bin)):
        kept += sum(steps_of_bin)
        is_late = n in starved or rng.random() < line.late_share
        yield (0.0 if is_late else kept), transfer.BIN_S
        kept = kept if is_late else 0.0
        n += 1


def sustained(line: Line, seconds: float = 90.0, warm_s: float = 30.0) -> float:
    """Return what a long transfer gets of the line once its bucket is empty: the truth."""
    source = steps(line, random.Random(0), is_long=True)
    for _ in range(round(warm_s / STEP_S)):
        next(source)
    return sum(next(source) for _ in range(round(seconds / STEP_S))) / seconds
