"""The path to the probe server: UDP packets there and back (STAMP, RFC 8762) for loss, round trip and jitter.

In a light round a few small ones that need nobody's leave; in a round that loads the line, the stream of its slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Sequence, Union

from agent import packets
from agent.facts import fact
from agent.formulas import delays, loss, voice, ways
from agent.probes.context import Context, server_of
from agent.unmeasured import ProbeError
from contract.findings import Fact, Path

if TYPE_CHECKING:  # a light round has no stream, and needs no memory for it
    from agent.stream import StreamResult

PACKETS = 100
_INTERVAL_S = 0.02  # as often as a voice call sends
_WAIT_S = 2.0


def measure(context: Context) -> Path:
    """Sum up the stream that the line probe has run, else exchange 100 packets in two seconds.

    Raises ProbeError when not one came back.
    """
    server = server_of(context)
    if context.shared is not None and context.shared.stream is not None:
        return findings_of(f"{server.host}:{server.udp_port}", context.shared.stream)
    try:
        echoes = packets.exchange(server.host, server.udp_port, PACKETS, _INTERVAL_S, _WAIT_S)
    except OSError as error:
        raise ProbeError("unreachable", f"no way to the probe server: {error.strerror or error}") from error
    return findings(f"{server.host}:{server.udp_port}", PACKETS, echoes)


def findings(server: str, sent: int, came: Sequence[Union[packets.Echo, ways.Reply]]) -> Path:
    """Sum up what came back of `sent` packets, in the order of arrival; raises ProbeError of nothing.

    A loss is of the round trip: it may have been on either way.
    """
    return Path(**_round_trips(server, sent, came))


def findings_of(server: str, result: StreamResult) -> Path:
    """Sum up a stream, each way by itself as far as the reflector told; raises ProbeError of nothing back."""
    sent, arrived, shape = result.sent, result.arrived, result.shape
    found = _round_trips(server, sent, result.replies)
    if arrived is not None:
        found["lost_up"] = Fact(value=max(0, sent - arrived))
        found["lost_down"] = Fact(value=max(0, arrived - len(result.replies)))
        found["up_mbps"] = Fact(value=round(sent * shape.up_bytes * 8e-6 / result.took_s, 3))
        found["down_mbps"] = Fact(value=round(arrived * shape.down_bytes * 8e-6 / result.took_s, 3))
        found["r_factor"] = Fact(value=round(_r_factor(result, arrived), 1))
    return Path(**found)


def _round_trips(server: str, sent: int, came: Sequence[Union[packets.Echo, ways.Reply]]) -> Dict[str, Any]:
    if not came:
        raise ProbeError("unreachable", f"none of {sent} packets came back from the probe server")
    rtts_ms = [one.rtt_ms for one in came]
    lost = _lost(sent, came)
    interval = loss.interval(lost)
    return {
        "server": server,
        "sent": sent,
        "received": len(came),
        "reordered": delays.reordered([one.seq for one in came]),
        "loss_pct": round(100 * loss.share(lost), 3),
        "rtt_ms": fact(lambda: delays.percentile(rtts_ms, 0.5)),
        "rtt_p95_ms": fact(lambda: delays.percentile(rtts_ms, 0.95)),
        "jitter_ms": fact(lambda: delays.jitter_ms(rtts_ms)),
        "loss_low_pct": Fact(value=round(100 * interval.low, 3)),
        "loss_high_pct": Fact(value=round(100 * interval.high, 3)),
        "longest_loss": Fact(value=max(loss.runs(lost), default=0)),
        "rtt_p99_ms": fact(lambda: delays.percentile(rtts_ms, 0.99)),
    }


def _r_factor(result: StreamResult, arrived: int) -> float:
    """Return the R of the listener who is worse off, the one here or the one far away."""
    apart_ms = 1000 / result.shape.packets_per_s
    one_way_ms = min(reply.rtt_ms for reply in result.replies) / 2  # the clocks are not the same
    both = ways.apart(result.sent, arrived, result.replies)
    return min(voice.heard(voice.Way(delays_ms, apart_ms), one_way_ms) for delays_ms in both)


def _lost(sent: int, came: Sequence[Union[packets.Echo, ways.Reply]]) -> List[bool]:
    lost = [True] * sent
    for one in came:
        lost[one.seq] = False
    return lost
