"""The country at once: N devices connect, and the first report of each is committed; in seconds, by real processes.

python benchmarks/country.py [--devices N] [--edges N] [--plain] [--idle-s S]

The embedded broker, or edges of Mosquitto, with each device's own rights, `diemcau-collector ingest` on SQLite, and the
devices of `diemcau-collector simulate`: they begin together, as when a centre comes back. Time runs from the start of
the simulator's first process; what has been committed is known by the collector's acknowledgements. Afterwards all are
left in peace for a while, and processor time and memory of each part are taken. In the end the books of the centre must
be exact: else no figure is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from laboratory import machine
from laboratory.centre import Centre, Process
from laboratory.registry import PARTS

from collector.intake.sweep import has_judged_all
from collector.store.queries.books import balance
from collector.store.scope import Sight
from provisioning import bulk

_DEADLINE_S = 900
_END_S = 60


class Cost(NamedTuple):
    """What one process has cost so far."""

    cpu_s: float
    rss_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--edges", type=int, default=0, help="of Mosquitto; 0: the embedded broker")
    parser.add_argument("--plain", action="store_true", help="without TLS, on loopback")
    parser.add_argument("--idle-s", type=int, default=60, help="how long all are left in peace at the end")
    wanted = parser.parse_args()
    head = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        **machine.describe(),
        **{k: str(v) for k, v in vars(wanted).items()},
    }
    print("\n".join(f"- {name}: {value}" for name, value in head.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="country-") as folder:
        begun_s = time.monotonic()
        url = f"sqlite:///{folder}/diemcau.db"
        centre = Centre(Path(folder) / "home", url, wanted.devices, wanted.edges, is_plain=wanted.plain)
        print(f"- registry, credentials and rights written in: {time.monotonic() - begun_s:.0f} s\n", flush=True)
        with centre.brokers() as brokers, centre.ingest() as ingest:
            names = [f"broker {n}" for n in range(1, len(brokers) + 1)]
            all_of = {**dict(zip(names, brokers, strict=True)), "ingest": ingest}
            measure(centre, prepare(centre, Path(folder)), all_of, wanted.idle_s)
        centre.engine.dispose()


def prepare(centre: Centre, folder: Path) -> Path:
    """Write what the simulator must know into a folder of its own."""
    simulated = folder / "simulated"
    simulated.mkdir()
    bulk.write_jsonl(simulated / "devices.jsonl", centre.devices, centre.settings)
    rows = [
        {"device": one.device, "role": PARTS[n % len(PARTS)][0], "medium": PARTS[n % len(PARTS)][1]}
        for n, one in enumerate(centre.devices)
    ]
    (simulated / "traits.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return simulated


def measure(centre: Centre, simulated: Path, processes: dict[str, Process], idle_s: int) -> None:
    """Let all begin, wait until all have reported, leave them in peace, end it, and print what it took."""
    wanted = len(centre.devices)
    until(lambda: is_swept(centre), processes["ingest"])
    command = (sys.executable, "-m", "collector.cli", "simulate", "--folder", str(simulated), "--scenario", "healthy")
    begun_s = time.monotonic()
    with (simulated / "log").open("wb") as log:
        devices = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "DIEMCAU_LANG": "en"})
    all_of = {**processes, "devices": devices}
    try:
        connected_s = until(lambda: told(simulated)["connected"] == wanted, devices) - begun_s
        committed_s = until(lambda: told(simulated)["reported"] == wanted, devices) - begun_s
        busy = {name: cost(process.pid) for name, process in all_of.items()}
        time.sleep(idle_s)
        idle = {name: cost(process.pid) for name, process in all_of.items()}
    finally:
        devices.send_signal(signal.SIGTERM)
        code = devices.wait(_END_S)
    check_books(centre, told(simulated), code)
    print(f"| all {wanted} connected | first reports of all committed |\n|---|---|")
    print(f"| {connected_s:.1f} s | **{committed_s:.1f} s** |\n")
    print("| process | processor time until then | of a core in peace | RSS |\n|---|---|---|---|")
    for name in all_of:
        share = (idle[name].cpu_s - busy[name].cpu_s) / idle_s
        print(f"| {name} | {busy[name].cpu_s:.1f} s | {100 * share:.0f} % | {idle[name].rss_mb:.0f} MB |")


def is_swept(centre: Centre) -> bool:
    """Tell whether ingest has judged all sites of the new registry once: it is no part of what is measured."""
    with centre.engine.connect() as connection:
        return has_judged_all(connection, time.time_ns() // 1000)


def told(simulated: Path) -> dict[str, Any]:
    """Return what the simulator last told of itself."""
    path = simulated / "progress.json"
    return dict(json.loads(path.read_text())) if path.exists() else {"connected": 0, "reported": 0}


def until(holds: Callable[[], bool], running: Process) -> float:
    """Return when it came to hold, while a process runs."""
    deadline = time.monotonic() + _DEADLINE_S
    while not holds():
        if running.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("a process has ended, or it takes too long")
        time.sleep(0.1)
    return time.monotonic()


def cost(pid: int) -> Cost:
    """Return what a process and its children have cost."""
    one = psutil.Process(pid)
    family = [one, *one.children(recursive=True)]
    times = [member.cpu_times() for member in family]
    return Cost(sum(t.user + t.system for t in times), sum(member.memory_info().rss for member in family) / 1e6)


def check_books(centre: Centre, progress: dict[str, Any], code: int) -> None:
    """Raise RuntimeError unless every report of every device is committed, once."""
    with centre.engine.connect() as connection:
        books = balance(Sight(connection, None))
    is_exact = books.accepted == books.committed == progress["accepted"] == progress["settled"]
    if code or not is_exact:
        raise RuntimeError(f"exit code {code}, {books}, {progress}")


if __name__ == "__main__":
    main()
