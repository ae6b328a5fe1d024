"""What somebody who watches the event live would see on a line, predicted from the bins of its transfer."""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

from contract import transfer

HORIZON_S = 60.0
SEGMENT_S = 4.0
BEHIND = 3  # segments that lie ready when a player joins: RFC 8216, 6.3.3, start three target durations from the end
START = 2  # segments in the buffer before the picture starts, and after a stall one
_ROUNDING_S = 1e-9


class Playback(NamedTuple):
    """What is seen within a horizon after the startup; a picture that does not come within one is all stall."""

    startup_s: Optional[float]
    stalls: int
    stall_s: float
    rebuffer_ratio: float  # stall / (stall + play)


def predict(bins_bps: Sequence[float], bitrate_bps: float, horizon_s: float = HORIZON_S) -> Optional[Playback]:
    """Play a live stream of a bitrate over bins of BIN_S that repeat; None when there is nothing to go by.

    A player of live HLS: it fetches one segment after the other, none before it exists, starts with START segments,
    stalls when the buffer is empty, and goes on with one. Rates in bit/s, times in s.
    """
    if not bins_bps or bitrate_bps <= 0 or horizon_s <= 0:
        return None
    player, steps = _Player(), round(horizon_s / transfer.BIN_S)
    for n in range(2 * steps):
        player.fetch(n * transfer.BIN_S, bins_bps[n % len(bins_bps)] / bitrate_bps * transfer.BIN_S)
        player.play(n * transfer.BIN_S)
        if player.has_ended(steps - 1, n):
            break
    return player.seen()


class _Player:
    """A live player; media is counted in seconds of it."""

    def __init__(self) -> None:
        self._fetched = 0  # whole segments
        self._part_s = 0.0  # of the next
        self._buffer_s = 0.0
        self._is_playing = False
        self._startup_s: Optional[float] = None
        self._stalls = 0
        self._stall_s = 0.0
        self._played_s = 0.0

    def fetch(self, now_s: float, media_s: float) -> None:
        """Take so much media from the line, as far as it exists yet."""
        while media_s > 0 and (self._fetched - BEHIND + 1) * SEGMENT_S <= now_s + _ROUNDING_S:
            taken_s = min(media_s, SEGMENT_S - self._part_s)
            self._part_s += taken_s
            media_s -= taken_s
            if self._part_s >= SEGMENT_S - _ROUNDING_S:
                self._fetched += 1
                self._part_s = 0.0
                self._buffer_s += SEGMENT_S

    def play(self, now_s: float) -> None:
        """Show what one bin lasts, or stall."""
        if not self._is_playing:
            enough = SEGMENT_S * (START if self._startup_s is None else 1)
            self._is_playing = self._buffer_s >= enough
            if self._is_playing and self._startup_s is None:
                self._startup_s = now_s + transfer.BIN_S
                return
        elif self._buffer_s < transfer.BIN_S - _ROUNDING_S:
            self._is_playing = False
            self._stalls += 1
        if self._is_playing:
            self._buffer_s -= transfer.BIN_S
            self._played_s += transfer.BIN_S
        elif self._startup_s is not None:
            self._stall_s += transfer.BIN_S

    def has_ended(self, last: int, now: int) -> bool:
        """Tell whether the horizon is over: for the startup, or since it."""
        if self._startup_s is None:
            return now >= last
        return now - round(self._startup_s / transfer.BIN_S) >= last

    def seen(self) -> Playback:
        """Return what was seen so far."""
        if self._startup_s is None:
            return Playback(None, 0, 0.0, 1.0)
        ratio = self._stall_s / (self._stall_s + self._played_s)
        return Playback(round(self._startup_s, 1), self._stalls, round(self._stall_s, 1), round(ratio, 4))
