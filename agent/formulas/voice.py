"""How a conversation sounds over a path: the transmission rating factor R of the E-model (ITU-T G.107, 06/2015).

All parameters of telephones and rooms at G.107's default values, by which Ro - Is is 93.2; echo is cancelled, A is 0.
"""

from __future__ import annotations

import math
from typing import List, NamedTuple, Optional, Sequence

from agent.formulas import loss
from agent.formulas.delays import percentile, variations_ms

PACKET_MS = 20.0  # of speech in a packet, which is also how long the first sample of it waits
LEAST_BUFFER_MS = 40.0  # of the receiver, which plays out late what comes early
MOST_BUFFER_MS = 200.0
_IN_TIME = 0.99  # share of packets that the buffer grows for
_UNIMPAIRED = 93.2  # Ro - Is
_IE, _BPL = 0.0, 25.1  # G.711 with packet loss concealment (ITU-T G.113, appendix I)


class Way(NamedTuple):
    """What one listener gets: the delays of the packets that came, by any two clocks, and None for those that did not.

    `apart_ms`: how long one packet is sent after the other.
    """

    delays_ms: Sequence[Optional[float]]
    apart_ms: float


def r_factor(delay_ms: float, loss_pct: float, burst_ratio: float = 1.0) -> float:
    """Return R, 0 to 93.2, for a delay from mouth to ear, echo cancelled, and a loss of packets (G.107, 7.1).

    `burst_ratio`: the mean length of a row of lost packets, divided by that of random loss.
    """
    impairment = _IE + (95 - _IE) * loss_pct / (loss_pct / max(1.0, burst_ratio) + _BPL)  # Ie,eff, clause 7.5
    return max(0.0, _UNIMPAIRED - _delay_impairment(delay_ms) - impairment)


def heard(way: Way, one_way_ms: float) -> float:
    """Return the R of one listener; `one_way_ms` is the shortest that a packet takes.

    The buffer lets 99 of 100 packets come in time, as far as it may grow; what comes later counts as lost.
    """
    came_ms = [delay_ms for delay_ms in way.delays_ms if delay_ms is not None]
    if not came_ms:
        return 0.0
    shortest_ms = min(came_ms)
    wanted_ms = percentile(variations_ms(came_ms), _IN_TIME) or 0.0
    buffer_ms = min(MOST_BUFFER_MS, max(LEAST_BUFFER_MS, wanted_ms))
    lost = [delay_ms is None or delay_ms - shortest_ms > buffer_ms for delay_ms in way.delays_ms]
    share = loss.share(lost)
    return r_factor(PACKET_MS + one_way_ms + buffer_ms, 100 * share, _burst_ratio(lost, share, way.apart_ms))


def _delay_impairment(delay_ms: float) -> float:
    """Return Idd (G.107, clause 7.4), at the default sensitivity to delay."""
    if delay_ms <= 100:
        return 0.0
    x = math.log2(delay_ms / 100)
    return 25.0 * float((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)


def _burst_ratio(lost: Sequence[bool], share: float, apart_ms: float) -> float:
    """Return BurstR as speech has it, whose packets are 20 ms apart: a short break is no row of its losses."""
    step = max(1, round(PACKET_MS / apart_ms))
    rows: List[int] = []
    for first in range(min(step, len(lost))):
        rows.extend(loss.runs(lost[first::step]))
    return sum(rows) / len(rows) * (1 - share) if rows else 1.0  # random loss comes in rows of 1 / (1 - share)
