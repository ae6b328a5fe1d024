"""Does this line carry the need? Our line test beside speedtest-cli mini and iperf3, on emulated lines.

python benchmarks/line_test.py [--links PART,...] [--held-out] [--runs N] [--quick] [--need-down MBPS] [--need-up MBPS]

For each link of tests/lab/links.py: its truth, what one TCP flow sustains in a long transfer by iperf3 once buckets are
empty; then runs of each method, each on the link as it is after a rest. Slow links share the machine, fast ones have it
for themselves. Bytes are those that the interfaces counted. Each row is kept as soon as there is one, and a run that
was interrupted goes on with those that are missing. Root is needed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from laboratory import line_fidelity, line_methods, line_table, machine
from laboratory.line_methods import METHODS, Need

from tests.lab.held_out import HELD_OUT
from tests.lab.link import Link, running
from tests.lab.links import DOWN_MBPS, TUNED, UP_MBPS, for_need

Row = dict[str, Any]

_RESULTS = Path(__file__).parent / "results"
_RAW = _RESULTS / "line_test"
_FAST_MBPS = 30.0  # from here on a link has the machine for itself
_QUICK_EVERY = 6  # of the links
_TRUTH_S, _QUICK_TRUTH_S = 40, 10


class Job(NamedTuple):
    """A row to be made: a run of a method, or the truth, on a link."""

    link: Link
    method: str
    run: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What tells a row from others; a link that was changed since is another one."""
        told = hashlib.sha256(repr(self.link).encode()).hexdigest()[:12]
        return self.link.name, told, self.method, self.run


class Rows:
    """A file of JSON lines, which grows as they are made."""

    def __init__(self, file: Path, forget: Collection[str] = ()) -> None:
        """Read what there is; drop the rows of methods that are to be made anew."""
        self._file = file
        self._lock = threading.Lock()
        lines = file.read_text().splitlines() if file.exists() else []
        rows = [row for row in map(json.loads, lines) if row["method"] not in forget]
        self._rows: dict[tuple[str, str, str, int], Row] = {
            (row["link"], row["digest"], row["method"], row["run"]): row for row in rows
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(map(_line, rows)))

    def missing(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs that have no row yet."""
        return [job for job in jobs if job.key not in self._rows]

    def of(self, jobs: Sequence[Job]) -> list[Row]:
        """Return the rows of these jobs, as far as there are."""
        return [self._rows[job.key] for job in jobs if job.key in self._rows]

    def add(self, job: Job, found: Row) -> None:
        """Keep a row."""
        names = ("link", "digest", "method", "run")
        row = {**dict(zip(names, job.key, strict=True)), "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", **found}
        with self._lock, self._file.open("a") as file:
            file.write(_line(row))
            self._rows[job.key] = row


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that contexts end, and with them their namespaces
    wanted = parse()
    need = Need(wanted.need_down, wanted.need_up)
    told = f"{need.down_mbps:g}-{need.up_mbps:g}" + ("-quick" if wanted.quick else "")
    truths = Rows(_RAW / ("truth-quick.jsonl" if wanted.quick else "truth.jsonl"))
    runs = Rows(_RAW / f"runs-{told}.jsonl", forget=wanted.again.split(","))
    fidelity, is_default = _RAW / "fidelity.md", told == f"{DOWN_MBPS:g}-{UP_MBPS:g}"
    links = choose(
        need, held_out=wanted.held_out, parts=wanted.links.split(","), every=_QUICK_EVERY * wanted.quick or 1
    )
    truth_jobs = [Job(link, "truth", 1) for link in links]
    run_jobs = [
        Job(link, method, run + 1)
        for link in links
        for method in filter(None, wanted.methods.split(","))
        for run in range(wanted.runs if method == "ours" else wanted.peer_runs)
    ]
    with tempfile.TemporaryDirectory(prefix="line-test-") as name:
        if not fidelity.exists():
            fidelity.write_text(line_fidelity.measure(Path(name)))
        carry_out(truth_jobs, truths, wanted, need, Path(name))
        for method in METHODS:  # one after the other: what needs much of the machine must not disturb the others
            carry_out([job for job in run_jobs if job.method == method], runs, wanted, need, Path(name))
    held_out = {link.name for link in HELD_OUT}
    table = line_table.write(need, truths.of(truth_jobs), runs.of(run_jobs), held_out)
    head = "".join(f"- {name}: {value}\n" for name, value in machine.describe().items())
    page = f"# Does this line carry the need?\n\n{head}\n{table}\n{fidelity.read_text()}"
    (_RESULTS / "line_test.md" if is_default else _RAW / f"{told}.md").write_text(page)
    print(table)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--links", default="", help="only links with one of these in their names")
    parser.add_argument("--held-out", action="store_true", help="with the links that were kept apart from tuning")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--runs", type=int, default=3, help="of our test on each link")
    parser.add_argument("--peer-runs", type=int, default=1, help="of each other method on each link")
    parser.add_argument("--need-down", type=float, default=DOWN_MBPS, metavar="MBPS")
    parser.add_argument("--need-up", type=float, default=UP_MBPS, metavar="MBPS")
    parser.add_argument("--at-once", type=int, default=4, help="slow links that are measured at the same time")
    parser.add_argument("--again", default="", metavar="METHOD,...", help="forget these rows and make them anew")
    parser.add_argument("--quick", action="store_true", help="every sixth link and a short truth, kept apart")
    return parser.parse_args()


def choose(need: Need, *, held_out: bool, parts: Sequence[str], every: int) -> list[Link]:
    """Return the links to measure, around a need."""
    links = for_need(*need, TUNED + HELD_OUT if held_out else TUNED)
    return [link for link in links if any(part in link.name for part in parts)][::every]


def carry_out(jobs: Sequence[Job], rows: Rows, wanted: argparse.Namespace, need: Need, folder: Path) -> None:
    """Make the rows that are missing; one that cannot be made is told and left missing."""
    missing = rows.missing(jobs)
    slow = [job for job in missing if max(job.link.down.rate_mbps, job.link.up.rate_mbps) < _FAST_MBPS]
    transfer_s = _QUICK_TRUTH_S if wanted.quick else _TRUTH_S

    def make(job: Job) -> None:
        try:
            with running(job.link, folder) as lab:
                if job.method == "truth":
                    found = line_methods.truth(lab, job.link, transfer_s)
                else:
                    found = line_methods.counted(lab, METHODS[job.method], need)
            if job.link.by == "emulator":
                found["latest_ms"] = max(way["latest_ms"] for way in lab.counts().values())  # the emulator's own error
            rows.add(job, found)
            print(f"{job.link.name}: {job.method} {job.run}; {len(rows.missing(jobs))} to go", flush=True)
        except Exception:  # the others must not suffer
            print(f"{job.link.name}: {job.method} {job.run} has failed", flush=True)
            traceback.print_exc()

    with ThreadPoolExecutor(wanted.at_once) as several:
        try:
            list(several.map(make, slow))
        finally:
            several.shutdown(cancel_futures=True)
    for job in missing:
        if job not in slow:
            make(job)


if __name__ == "__main__":
    main()
