"""The wall clock: how far it is from the probe server's, and which time zone it is set to."""

from __future__ import annotations

import time
from typing import Optional

from agent import packets
from agent.facts import fact
from agent.probes.context import Context
from contract.findings import Clock

_PACKETS = 5
_INTERVAL_S = 0.05
_WAIT_S = 2.0


def measure(context: Context) -> Clock:
    """Compare the clock with the probe server's; without an answer the offset is absent."""
    return Clock(offset_ms=fact(lambda: _offset_ms(context)), utc_offset_min=fact(_utc_offset_min))


def _offset_ms(context: Context) -> Optional[float]:
    if context.server is None:
        return None
    try:
        echoes = packets.exchange(context.server.host, context.server.udp_port, _PACKETS, _INTERVAL_S, _WAIT_S)
    except OSError:
        return None
    return packets.offset_ms(echoes)


def _utc_offset_min() -> int:
    return time.localtime().tm_gmtoff // 60
