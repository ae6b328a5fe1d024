"""The tick: a few packets to the probe server, and the snapshot that tells how things stand."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

from agent import packets
from agent.formulas import delays
from agent.spool import Counters
from contract import wire
from contract.clock import Moment

_PACKETS = 10
_INTERVAL_S = 0.02
_WAIT_S = 1.0


class Readings(NamedTuple):
    """What the packets of one tick told."""

    sent: int
    received: int
    rtt_ms: Optional[float]
    jitter_ms: Optional[float]
    offset_ms: Optional[float]


def read(host: str, udp_port: int) -> Readings:
    """Exchange the packets of one tick with the probe server; takes up to 1.2 s when some are lost."""
    try:
        echoes = packets.exchange(host, udp_port, _PACKETS, _INTERVAL_S, _WAIT_S)
    except OSError:  # no network, or a name nobody knows: nothing came back, which is what the snapshot then says
        echoes = []
    return readings(echoes)


def readings(echoes: List[packets.Echo]) -> Readings:
    """Sum up the packets that came back."""
    rtts_ms = [echo.rtt_ms for echo in echoes]
    return Readings(
        _PACKETS,
        len(echoes),
        delays.percentile(rtts_ms, 0.5),
        delays.jitter_ms(rtts_ms),
        packets.offset_ms(echoes),
    )


def snapshot(
    connection: int, now: Moment, counters: Counters, read: Readings, done: Tuple[str, ...], tick_s: int
) -> wire.Snapshot:
    """Put together the snapshot of this moment."""
    return wire.Snapshot(
        connection,
        *now,
        counters.spool_id,
        counters.accepted_upto,
        counters.spooled,
        *counters.dropped_range,
        now.mono_ms // 1000,
        read.sent,
        read.received,
        read.rtt_ms,
        read.jitter_ms,
        done,
        tick_s,
    )
