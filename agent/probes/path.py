"""The path to the probe server: small UDP packets there and back (STAMP, RFC 8762) for loss, round trip and jitter."""

from __future__ import annotations

from typing import Sequence

from agent import packets
from agent.facts import fact
from agent.probes.context import Context, server_of
from agent.unmeasured import ProbeError
from contract.findings import Path

PACKETS = 100
_INTERVAL_S = 0.02  # as often as a voice call sends
_WAIT_S = 2.0


def measure(context: Context) -> Path:
    """Exchange 100 packets in two seconds; raises ProbeError when not one comes back."""
    server = server_of(context)
    try:
        echoes = packets.exchange(server.host, server.udp_port, PACKETS, _INTERVAL_S, _WAIT_S)
    except OSError as error:
        raise ProbeError("unreachable", f"no way to the probe server: {error.strerror or error}") from error
    return findings(f"{server.host}:{server.udp_port}", PACKETS, echoes)


def findings(server: str, sent: int, echoes: Sequence[packets.Echo]) -> Path:
    """Sum up what came back of `sent` packets; raises ProbeError of nothing."""
    if not echoes:
        raise ProbeError("unreachable", f"none of {sent} packets came back from the probe server")
    round_trips_ms = [echo.rtt_ms for echo in echoes]
    return Path(
        server=server,
        sent=sent,
        received=len(echoes),
        reordered=packets.reordered(echoes),
        loss_pct=round(100 * (sent - len(echoes)) / sent, 3),
        rtt_ms=fact(lambda: packets.percentile(round_trips_ms, 0.5)),
        rtt_p95_ms=fact(lambda: packets.percentile(round_trips_ms, 0.95)),
        jitter_ms=fact(lambda: packets.jitter_ms(echoes)),
    )
