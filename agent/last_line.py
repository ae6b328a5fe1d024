"""When this machine last loaded its line, kept so that a loop of restarts does not load it each time.

A small file, written when a round with the line starts, and again when its report is spooled. One that is missing or
cannot be read means: never measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Optional

from agent import paths
from contract import clock, wire
from contract.clock import Moment


class LastLine(NamedTuple):
    """The last round that loaded the line."""

    started: Moment
    is_measured: bool  # else it failed, or was cut off


def read(file: Path) -> Optional[LastLine]:
    """Return what is kept, None of nothing."""
    try:
        value = wire.load_json(file.read_bytes())
        started = Moment(str(value["boot_id"]), int(value["mono_ms"]), int(value["wall_us"]))
        return LastLine(started, value["is_measured"] is True)
    except (OSError, KeyError, TypeError, ValueError):
        return None


def write(file: Path, last: LastLine) -> None:
    """Keep it; raises OSError."""
    paths.write_private(file, wire.dump_json({**last.started._asdict(), "is_measured": last.is_measured}))


def wait_s(last: Optional[LastLine], now: Moment, line_round_s: float, again_s: float) -> float:
    """Return how long the first line round after a start must wait.

    line_round_s: the time from one measured line to the next; again_s: from one that failed or was cut off. A line
    never measured waits for nothing, nor does one whose age nobody can tell because the clock was set back.
    """
    if last is None:
        return 0.0
    age_us, is_uncertain = clock.age_us(last.started, now)
    if is_uncertain and age_us == 0:
        return 0.0
    return max(0.0, (line_round_s if last.is_measured else min(again_s, line_round_s)) - age_us / 1e6)
