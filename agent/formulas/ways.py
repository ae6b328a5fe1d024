"""What a stream of packets there and back tells of each way by itself: the reflector numbers its answers as it sends.

A packet's number at the sender is `seq`, that of its answer is the reflector's: how many packets had come before.
"""

from __future__ import annotations

from itertools import chain
from typing import List, NamedTuple, Optional, Sequence


class Reply(NamedTuple):
    """An answer that came back; one-way times differ from the truth by a constant, that of the two clocks."""

    seq: int
    reflector_seq: int
    rtt_ms: float  # without the reflector's own time
    up_ms: float  # T2 - T1
    down_ms: float  # T4 - T3


class Ways(NamedTuple):
    """The delays of each way, in the order of sending, None of a packet that was lost on it.

    Up, the delay of a packet is not known that came to the reflector and whose answer was lost: it is left out.
    """

    up_ms: List[Optional[float]]
    down_ms: List[Optional[float]]


def apart(sent: int, arrived: int, replies: Sequence[Reply]) -> Ways:
    """Tell both ways apart; `arrived`: how many of the `sent` packets came to the reflector.

    Where packets were lost both ways between two answers, those lost on the way up are taken for the first of them.
    """
    by_seq = sorted(replies)
    up_ms: List[Optional[float]] = []
    before_seq, before_own = -1, -1
    known = ((reply.seq, reply.reflector_seq, reply.up_ms) for reply in by_seq)
    for seq, own, delay_ms in chain(known, [(sent, arrived, None)]):
        missing = seq - before_seq - 1
        lost_down = min(missing, max(0, own - before_own - 1))
        up_ms.extend([None] * (missing - lost_down))
        if delay_ms is not None:
            up_ms.append(delay_ms)
        before_seq, before_own = seq, own
    down_ms: List[Optional[float]] = [None] * arrived
    for reply in by_seq:
        if reply.reflector_seq < arrived:
            down_ms[reply.reflector_seq] = reply.down_ms
    return Ways(up_ms, down_ms)
