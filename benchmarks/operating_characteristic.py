"""How often the sequential threshold test is right, and what it costs, over kinds of line: a Monte Carlo simulation.

python benchmarks/operating_characteristic.py [--runs N] [--kinds WORD,WORD]

Each line is arithmetic (`laboratory/lines.py`): a paced CUBIC transfer over a bucket, a queue, noise, stalls. r is what
a long transfer gets of it, in needs; the line is set so that this is true, and it does not depend on the test.
A cell: shares of carries / unsure / fails in %, mean need-seconds moved, mean seconds.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from laboratory import machine
from laboratory.lines import NEED_BPS, Line, arrivals, sustained

from agent.formulas.sequential import Need, Result, SequentialTest
from contract import transfer

RATES = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.6, 2.0, 3.0)
NEED = Need(NEED_BPS, 0.6 * NEED_BPS)
KINDS = {
    "constant": Line(1),
    "noise of 5 %": Line(1, cv=0.05),
    "noise of 10 %": Line(1, cv=0.10),
    "noise of 20 %": Line(1, cv=0.20),
    "policer, 30 ms": Line(1, buffer_s=0, buffer_segments=5, bucket=0.1, peak=40),
    "policer, 100 ms": Line(1, round_trip_s=0.1, buffer_s=0, buffer_segments=5, bucket=0.1, peak=40),
    "CUBIC in a queue of 20 ms, 100 ms": Line(1, round_trip_s=0.1, buffer_s=0.02),
    "round trip 15 ms": Line(1, round_trip_s=0.015),
    "round trip 200 ms": Line(1, round_trip_s=0.2),
    "round trip 300 ms": Line(1, round_trip_s=0.3),
    "queue of 2 s": Line(1, buffer_s=2),
    "stalls, 0.5 s in 3": Line(1, stall_every_s=3, stall_s=0.5),
    "every 5th bin late": Line(1, late_share=0.2),
    "2 of 5 bins late, noise of 10 %": Line(1, late_share=0.4, cv=0.10),
    "client starved once": Line(1, starved_at_s=0.6),
    "bucket 1.2, peak 8": Line(1, bucket=1.2, peak=8),
    "bucket 4, peak 4": Line(1, bucket=4, peak=4),
    "bucket 8, peak 4": Line(1, bucket=8, peak=4),
    "bucket 8, peak 8": Line(1, bucket=8, peak=8),
    "bucket 8, peak 100": Line(1, bucket=8, peak=100),
    "bucket 8, peak 8, noise of 10 %": Line(1, bucket=8, peak=8, cv=0.10),
    "bucket 8, peak 8, 200 ms": Line(1, bucket=8, peak=8, round_trip_s=0.2),
    "bucket 8, peak 8, queue of 2 s": Line(1, bucket=8, peak=8, buffer_s=2),
}


class Cell(NamedTuple):
    """Runs on one kind of line at one rate."""

    outcomes: Counter[str]
    need_s: float
    most_need_s: float
    seconds: float

    def share(self, outcome: str) -> float:
        return 100 * self.outcomes[outcome] / self.outcomes.total()

    def __str__(self) -> str:
        shares = "/".join(f"{self.share(outcome):.0f}" for outcome in ("carries", "unsure", "fails"))
        return f"{shares} · {self.need_s:.1f} · {self.seconds:.1f}"


def calibrated(line: Line, rate: float) -> Line:
    """Return the line with the rate at which a long transfer gets this much of it."""
    own = rate
    for _ in range(2):
        own *= rate / sustained(replace(line, rate=own, cv=0.0), seconds=60.0)
    return replace(line, rate=own)


def measure(line: Line, rng: random.Random) -> Result:
    """Run the test once."""
    test = SequentialTest(NEED, line.round_trip_s)
    for need_s, seconds in arrivals(line, rng):
        result = test.add(transfer.bytes_of(NEED_BPS, need_s), seconds)
        if result is not None:
            return result
    return test.give_up()


def cell(line: Line, rate: float, runs: int, seed: str) -> Cell:
    line, rng = calibrated(line, rate), random.Random(seed)
    results = [measure(line, rng) for _ in range(runs)]
    moved = [result.moved_bytes / transfer.bytes_of(NEED_BPS, 1) for result in results]
    seconds = sum(result.seconds for result in results) / runs
    return Cell(Counter(result.outcome for result in results), sum(moved) / runs, max(moved), seconds)


def is_right(rate: float, found: Cell) -> bool:
    """Tell whether 95 % of the runs are right: outside of 10 % of the need the side, within not the other side."""
    if abs(rate - 1) < 0.099:
        return found.share("fails" if rate > 1 else "carries") <= 5 or rate == 1
    return found.share("carries" if rate > 1 else "fails") >= 95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="runs a cell (default 40)")
    parser.add_argument("--kinds", default="", help="only kinds with one of these words in their name")
    args = parser.parse_args()
    kinds = {kind: line for kind, line in KINDS.items() if any(word in kind for word in args.kinds.split(","))}
    started_s, cells = time.monotonic(), {}
    print(machine.describe())
    print("| kind | " + " | ".join(f"r = {rate}" for rate in RATES) + " |")
    print("|---" * (len(RATES) + 1) + "|")
    for kind, line in kinds.items():
        for rate in RATES:
            if line.bucket <= 1 or line.peak > rate:
                cells[kind, rate] = cell(line, rate, args.runs, f"{kind} {rate}")
        row = [cells.get((kind, rate)) for rate in RATES]
        print(f"| {kind} | " + " | ".join(f"{found or ''}" for found in row) + " |", flush=True)
    wrong = [f"{kind} at {rate}" for (kind, rate), found in cells.items() if not is_right(rate, found)]
    false = sum(found.outcomes["carries"] for (_, rate), found in cells.items() if rate <= 0.8)
    low = sum(args.runs for _, rate in cells if rate <= 0.8)
    print(f"\nCells with less than 95 % right: {len(wrong)} of {len(cells)}: {', '.join(wrong) or 'none'}")
    print(f"Carries at 0.8 of the need and below: {false} of {low} runs")
    print(f"Most moved in a run: {max(found.most_need_s for found in cells.values()):.1f} need-seconds")
    print(f"{args.runs} runs a cell, {time.monotonic() - started_s:.0f} s")


if __name__ == "__main__":
    main()
