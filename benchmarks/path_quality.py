"""Is what we say of a path true? Loss, its interval, delay and jitter, against emulated lines that know the truth.

python benchmarks/path_quality.py [--runs N] [--at-once N]

Each run sends one stream from the real agent's end to the real reflector over a line of tests/lab that loses 0.2, 1 or
3 % one way, each packet by itself or in rows of five on average: as small as where the event is watched, and at 5
Mbit/s both ways as where a site speaks. The true loss is the configured one; true delays and jitter are those that the
emulator noted of each packet. Raw rows are kept beside the result. Root is needed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from laboratory import machine

from agent.formulas import delays
from agent.formulas.loss import wilson
from contract.probing import Stream
from tests.lab import log
from tests.lab.link import Lab, Link, Way, running

Row = dict[str, Any]

_RESULTS = Path(__file__).parent / "results"
_ROWS = _RESULTS / "path_quality.jsonl"
_ENDS = Path(__file__).parent / "laboratory" / "path_ends.py"
_PORT = 8862
_HEADERS_BYTES = 28
_FIRST = ("nice", "-n", "-15")  # the emulator goes before others too, on a machine that others share
_STREAMS = {
    "view": Stream(packets_per_s=50, packets=500, up_bytes=44, down_bytes=44),
    "interactive": Stream(packets_per_s=520, packets=5200, up_bytes=1200, down_bytes=1200),
}
_LOSSES = (0.002, 0.01, 0.03)
_ROW_LENGTHS = (1, 5)
_DELAYS = ((5, 0), (15, 2), (40, 5), (75, 10))  # of each way, ms: constant, and the mean of what comes on top


class Cell(NamedTuple):
    """What is measured several times."""

    stream: str
    loss: float
    row_length: int  # packets lost in a row, on average

    @property
    def lag1_correlation(self) -> float:
        return way(self, 0, 0).lag1_correlation

    def widest(self) -> float:
        """Return the width that an interval may have: twice Wilson's, stretched for bursts."""
        alone = wilson(self.loss, _STREAMS[self.stream].packets)
        r = self.lag1_correlation
        return 2 * (alone.high - alone.low) * math.sqrt((1 + r) / (1 - r))


def way(cell: Cell, delay_ms: float, jitter_ms: float) -> Way:
    """Return the direction that loses."""
    lossy: dict[str, Any] = {"loss": cell.loss} if cell.row_length == 1 else {"bursts": (cell.loss, cell.row_length)}
    return Way(50, delay_ms=delay_ms, jitter_ms=jitter_ms, **lossy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="of each of the twelve kinds of loss and stream")
    parser.add_argument("--at-once", type=int, default=4)
    wanted = parser.parse_args()
    head = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe()}
    cells = [Cell(*parts) for parts in itertools.product(_STREAMS, _LOSSES, _ROW_LENGTHS)]
    jobs = [(cell, run) for run in range(wanted.runs) for cell in cells]
    with tempfile.TemporaryDirectory(prefix="path-quality-") as folder, ThreadPoolExecutor(wanted.at_once) as several:
        rows = list(several.map(lambda job: measure(job[0], job[1], Path(folder)), jobs))
    _ROWS.write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = "\n".join([*(f"- {name}: {value}" for name, value in head.items()), "", *tables(cells, rows)])
    print(page)


def measure(cell: Cell, run: int, folder: Path) -> Row:
    """Send one stream over a line of its own; the way that loses changes with each run."""
    delay_ms, jitter_ms = _DELAYS[run % len(_DELAYS)]
    lossy, clean = way(cell, delay_ms, jitter_ms), Way(50, delay_ms=delay_ms, jitter_ms=jitter_ms)
    link = Link("path", lossy, clean) if run % 2 else Link("path", clean, lossy)
    shape = _STREAMS[cell.stream]
    with running(link, folder, has_rows=True) as lab:
        server = start_server(lab, shape)
        command = [*_FIRST, sys.executable, _ENDS, "site", lab.server_address, _PORT, shape.model_dump_json()]
        site = lab.run("site", command, capture_output=True, text=True, check=True)
        server.terminate()
        counted = json.loads(server.communicate()[0])
    truth = true_values(log.read(lab.packets_file), shape)
    told = {"stated": json.loads(site.stdout), "true": truth, "server": counted, "emulator": lab.counts()}
    return {**cell._asdict(), "run": run, "delay_ms": delay_ms, "jitter_ms": jitter_ms, **told}


def start_server(lab: Lab, shape: Stream) -> subprocess.Popen[str]:
    command = [*_FIRST, sys.executable, _ENDS, "server", _PORT, shape.model_dump_json()]
    server = lab.start("server", command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    if server.stdout.readline() != "ready\n":
        raise RuntimeError("the reflector does not start")
    return server


def true_values(packets: Sequence[log.Packet], shape: Stream) -> Row:
    """Return what the emulator saw of the stream: its packets and not those that opened it."""
    up = [one for one in packets if one.way == "up" and one.sequence < shape.packets]
    down = [one for one in packets if one.way == "down" and one.size == shape.down_bytes + _HEADERS_BYTES]
    came = sorted((one for one in up if one.departure_s is not None), key=lambda one: one.departure_s or 0.0)
    back = sorted((one for one in down if one.departure_s is not None), key=lambda one: one.departure_s or 0.0)
    rtts_ms = [(came[one.sequence].delay_ms or 0.0) + (one.delay_ms or 0.0) for one in back]
    return {
        "lost_up": len(up) - len(came),
        "lost_down": len(down) - len(back),
        "rtt_ms": delays.percentile(rtts_ms, 0.5),
        "rtt_p95_ms": delays.percentile(rtts_ms, 0.95),
        "rtt_p99_ms": delays.percentile(rtts_ms, 0.99),
        "jitter_ms": delays.jitter_ms(rtts_ms),
        "up_jitter_ms": log.jitter_ms(up),
        "down_jitter_ms": log.jitter_ms(down),
    }


def is_inside(row: Row) -> bool:
    """Tell whether the configured loss lies in the stated interval."""
    return bool(row["stated"]["loss_low_pct"] <= 100 * row["loss"] <= row["stated"]["loss_high_pct"])


def width(row: Row) -> float:
    return float(row["stated"]["loss_high_pct"] - row["stated"]["loss_low_pct"]) / 100


def is_at_most(widest: float, row: Row) -> bool:
    return width(row) <= widest


def is_close(name: str, row: Row) -> bool:
    """Tell whether a stated time is within 10 % or 1 ms of the emulator's own."""
    true = row["true"][name]
    return bool(abs(row["stated"][name] - true) <= max(0.1 * true, 1.0))


def share(rows: Sequence[Row], holds: Callable[[Row], bool]) -> str:
    count = sum(holds(row) for row in rows)
    return f"{count}/{len(rows)} ({100 * count / len(rows):.0f} %)"


def tables(cells: Sequence[Cell], rows: Sequence[Row]) -> list[str]:
    """Return the results as Markdown."""
    lines = [
        "| stream | loss | in rows of | true loss inside the interval | its width, median | allowed | not wider |",
        "|---|---|---|---|---|---|---|",
    ]
    widest = {cell: cell.widest() for cell in cells}
    for cell in cells:
        own = [row for row in rows if Cell(row["stream"], row["loss"], row["row_length"]) == cell]
        typical = statistics.median(map(width, own))
        narrow = share(own, partial(is_at_most, widest[cell]))
        lines.append(
            f"| {cell.stream} | {100 * cell.loss:g} % | {cell.row_length} | {share(own, is_inside)} "
            f"| {100 * typical:.2f} % | {100 * widest[cell]:.2f} % | {narrow} |"
        )
    inside = share(rows, is_inside)
    narrow = share(rows, lambda row: width(row) <= widest[Cell(row["stream"], row["loss"], row["row_length"])])
    lines += [f"| all | | | **{inside}** | | | **{narrow}** |", ""]
    lines += [
        "| of the round trip unless said | within 10 % or 1 ms of the emulator's | largest error, ms |",
        "|---|---|---|",
    ]
    for name in ("rtt_ms", "rtt_p95_ms", "rtt_p99_ms", "jitter_ms", "up_jitter_ms", "down_jitter_ms"):
        worst = max(abs(row["stated"][name] - row["true"][name]) for row in rows)
        lines.append(f"| {name} | {share(rows, partial(is_close, name))} | {worst:.2f} |")
    found = share(rows, lambda row: all(row["stated"][name] == row["true"][name] for name in ("lost_up", "lost_down")))
    slow = sum(row["server"]["lost_here"] for row in rows)
    cpu = statistics.median(row["stated"]["cpu_s"] for row in rows if row["stream"] == "interactive")
    return [
        *lines,
        "",
        f"Losses of each way just those of the emulator: {found}. Packets that the reflector was too slow for: {slow}.",
        f"Processor time of the agent's end for an interactive stream of ten seconds: {cpu:.2f} s.",
    ]


if __name__ == "__main__":
    main()
