"""How real lines and their tests went, as benchmarks/line_test.py measured them: to be played at any need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from contract import transfer
from tests.lab.held_out import HELD_OUT
from tests.lab.links import TUNED

_MEASURED = Path(__file__).parents[2] / "results" / "line_test"


class Way(NamedTuple):
    """One direction of a test: how long it lasted, and what the line carried meanwhile, in needs."""

    lasts_s: float
    rate: float


class Line(NamedTuple):
    """A line and how its test goes; rest_s: what else the slot is held for, the stream of packets above all."""

    down: Way
    up: Way | None
    rest_s: float


def read_lines() -> list[Line]:
    """Return the tests measured on real-life lines (fibre, 4G, ADSL, Wi-Fi)."""
    real = {link.name for link in TUNED + HELD_OUT if link.is_real}
    found = []
    for file in sorted(_MEASURED.glob("runs-*.jsonl")):
        for row in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if row["method"] == "ours" and row["link"] in real and row["raw"].get("download"):
                down, up = (_way(row["raw"].get(name)) for name in ("download", "upload"))
                assert down is not None
                rest_s = row["wall_s"] - down.lasts_s - (up.lasts_s if up else 0.0)
                found.append(Line(down, up, max(0.0, rest_s)))
    return found


def _way(told: dict[str, Any] | None) -> Way | None:
    """Return the rate of the drain where it came to its end: what follows is paced from the other side."""
    if not told:
        return None
    moved_ns, lasts_s = told["moved_bytes"] * 8e-6 / told["need_mbps"], max(0.1, told["took_s"])
    held_s = max(0.0, moved_ns - transfer.DRAIN_NEED_S) / transfer.HOLD
    drain_s = max(0.1, lasts_s - held_s)
    return Way(lasts_s, min(moved_ns, transfer.DRAIN_NEED_S) / drain_s)
