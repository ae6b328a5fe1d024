"""The transfer of a line test, as both ends agree on it: how fast, how much, how long. Standard library only.

A need-second is what a need moves in a second: need_bps / 8 bytes. Reasons and promises: docs/adr/0021.
"""

from __future__ import annotations

BIN_S = 0.1
PEAK = 8.0  # the drain is paced at so many times the need
HOLD = 1.25  # and the hold at so many
BUCKET_NEED_S = 8.0  # a token bucket of so many need-seconds, which counts packets, is emptied ...
REFILL = 0.85  # ... on a line whose packets flow at this share of the need: what they carry at 0.82 of it
DRAINED_NEED_S = 7.9  # when the drain ends: the hold, which outruns such a line too, empties the rest
PACKET = 1500 / 1448  # what carries is so much larger than what is carried: Ethernet's packets, TCP with time stamps
MOST_NEED_S = 15.0  # no direction ever moves more, whatever the line: headers and repetitions included ...
BESIDE_NEED_S = 0.9  # ... and what is said beside the transfer
ACKNOWLEDGING = 66 / (2 * 1448)  # the share of what arrives that its acknowledgements are, one for two packets
MOST_S = 15.0  # nor lasts longer
DRAIN_NEED_S = DRAINED_NEED_S * PEAK / (PACKET * PEAK - REFILL)  # what the drain moves on a line that is fast enough


def bytes_of(need_bps: float, need_s: float) -> int:
    """Return how many bytes so many need-seconds are."""
    return int(need_bps / 8 * need_s)


def most_bytes(need_bps: float, gone_bytes: int = 0) -> int:
    """Return what a transfer may put on the wire where acknowledgements have put so much already, whatever the line."""
    return max(0, bytes_of(need_bps, MOST_NEED_S - BESIDE_NEED_S) - gone_bytes)


def excess(before_need_s: float, moved_bytes: float, seconds: float, need_bps: float) -> float:
    """Return by how many need-seconds a transfer's packets have outrun a line of REFILL x need; begin with 0.

    `moved_bytes` are what the packets carried. A token bucket of b bytes and rate r lets at most b + r*t bytes by in
    any t seconds (RFC 2697; the arrival curve of network calculus). So an excess above BUCKET_NEED_S is a proof: no
    such bucket carried it. A CUSUM: it restarts at 0 whenever the transfer falls behind; not so when whoever counts was
    kept from it for longer than a bin, for then what had come meanwhile is counted later, all at once. Count what has
    arrived or was acknowledged, not what was written.
    """
    least = -REFILL * max(0.0, seconds - BIN_S)
    return max(least, before_need_s + PACKET * moved_bytes * 8 / need_bps - REFILL * seconds)


def foreseen(excess_need_s: float, under_way_bytes: float, round_trip_s: float, need_bps: float) -> float:
    """Return what the excess will be in a round trip, when what is under way has been acknowledged."""
    return excess_need_s + PACKET * under_way_bytes * 8 / need_bps - REFILL * round_trip_s


def pace_bps(need_bps: float, excess_need_s: float) -> float:
    """Return how fast to send at this excess, in bit/s: the drain until it has emptied the bucket, then the hold."""
    return need_bps * (PEAK if excess_need_s < DRAINED_NEED_S else HOLD)
