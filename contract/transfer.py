"""The transfer of a line test, as both ends agree on it: how fast, how much, how long. Standard library only.

A need-second is what a need moves in a second: need_bps / 8 bytes. Reasons and promises: docs/adr/0021.
"""

from __future__ import annotations

BIN_S = 0.1
PEAK = 8.0  # the drain is paced at so many times the need
HOLD = 1.25  # and the hold at so many
BUCKET_NEED_S = 8.0  # a token bucket of so many need-seconds is emptied ...
REFILL = 0.9  # ... on a line that sustains at most this share of the need
MOST_NEED_S = 15.0  # no direction ever moves more, repetitions included
MOST_S = 15.0  # nor lasts longer
DRAIN_NEED_S = BUCKET_NEED_S * PEAK / (PEAK - REFILL)  # what the drain moves on a line that is fast enough


def bytes_of(need_bps: float, need_s: float) -> int:
    """Return how many bytes so many need-seconds are."""
    return int(need_bps / 8 * need_s)


def drain_bytes(need_bps: float) -> int:
    """Return the least that the drain moves before the hold; a line slower than PEAK needs more."""
    return bytes_of(need_bps, DRAIN_NEED_S)


def most_bytes(need_bps: float) -> int:
    """Return what one direction may move, whatever the line."""
    return bytes_of(need_bps, MOST_NEED_S)


def excess(before_need_s: float, moved_bytes: float, seconds: float, need_bps: float) -> float:
    """Return by how many need-seconds a transfer has outrun a line of REFILL x need; begin with 0.

    A token bucket of b bytes and rate r lets at most b + r*t bytes by in any t seconds (RFC 2697; the arrival curve
    of network calculus). So an excess above BUCKET_NEED_S is a proof: no such bucket carried it. A CUSUM: it
    restarts at 0 whenever the transfer falls behind. Count what has arrived or was acknowledged, not what was written.
    """
    return max(0.0, before_need_s + moved_bytes * 8 / need_bps - REFILL * seconds)


def pace_bps(need_bps: float, excess_need_s: float) -> float:
    """Return how fast to send at this excess, in bit/s: the drain until it has emptied the bucket, then the hold."""
    return need_bps * (PEAK if excess_need_s < BUCKET_NEED_S else HOLD)
