"""What the agent costs a machine: memory at rest, a round's peak, processor time a day; beside two known agents.

python benchmarks/footprint.py [--runs N] [--quick]

The agent is the real one under Debian's Python, which no other program of this benchmark runs, connected over TLS to
the real centre, which receipts its reports. MB is 1,048,576 bytes, as in the figures that the goals came from.

- at rest: a minute after its first round, the line included.
- a round: its child alone, light and with the line: the highest RSS it reached, processor time, time on the clock.
- a day: 24 light rounds and 1,440 ticks in a hurry, and the turns of a day that find nothing to do. Two rounds with the
  line are told apart: what they cost depends on the line, and here that is loopback.
- a day without a broker: 1,440 tries to connect, to a broker that is off and to one that refuses the password after
  TLS, while 24 rounds go into the spool.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from laboratory import debian_python, machine, memory, peers
from laboratory.conversation import Partner, conversing
from laboratory.enrolled_site import Site
from laboratory.memory import Memory

_HERE = Path(__file__).parent
_DEADLINE_S = 120
_REST_S = 60
_DAY_S = 86_400
_TICKS, _ROUNDS, _TRIES, _LINE_ROUNDS = 1440, 24, 1440, 2  # in a day
_TURN_S = 15.0  # how long a turn waits that finds nothing to do
_NEVER_S = 10_000_000


class RoundCost(NamedTuple):
    """What one round's child took."""

    peak_mb: float
    cpu_s: float
    wall_s: float


class Day(NamedTuple):
    """Processor time of a day, in seconds."""

    resident_s: float  # its ticks, and its part in rounds
    children_s: float
    idle_s: float  # turns that find nothing to do


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="of what is told as a median")
    parser.add_argument("--quick", action="store_true", help="one run and a tenth of each day: about five minutes")
    wanted = parser.parse_args()
    runs, share = (1, 0.1) if wanted.quick else (wanted.runs, 1.0)
    for name, value in {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe()}.items():
        print(f"{name}: {value}")
    with tempfile.TemporaryDirectory(prefix="footprint-") as name:
        folder = Path(name)
        python = debian_python.make(folder / "python")
        print("the agent runs under Debian's python", debian_python.version())
        show_memory(measure_peers(folder, runs))
        site = Site(folder)
        with site.centre.probe_server():
            with site.centre.broker(), site.centre.ingest():
                measure_rest(site, python, runs)
                rounds = {kind: measure_round(site, python, kind, runs) for kind in ("light", "with the line")}
                show_day(measure_day(site, python, share), rounds["with the line"].cpu_s)
            for is_refused in (False, True):
                show_memory(measure_absence(site, python, share, is_refused=is_refused))


def measure_peers(folder: Path, runs: int) -> dict[str, Memory]:
    """Return the memory of each peer idle and at work, as medians."""
    found: dict[str, list[Memory]] = {}
    for _ in range(runs):
        for measure in (peers.measure_zabbix, peers.measure_node_exporter):
            for name, reading in measure(folder).items():
                found.setdefault(name, []).append(reading)
    return {name: memory.median(readings) for name, readings in found.items()}


def measure_rest(site: Site, python: Path, runs: int) -> None:
    """Run the resident for a round and a minute each time, and tell its memory then and its load in that minute."""
    command = (python, "-I", "-m", "agent.resident", "--settings", site.settings_file)
    readings, loads = [], []
    for _ in range(runs):
        site.forget_line()
        reports = site.committed() + 1
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as resident:
            try:
                wait_for_reports(site, reports)
                before_s = memory.cpu_s(resident.pid)
                time.sleep(_REST_S)
                loads.append((memory.cpu_s(resident.pid) - before_s) / _REST_S)
                readings.append(memory.read(resident.pid))
                others = memory.sharing(debian_python.BINARY) - {resident.pid}
                if others:
                    print(f"PSS is too low, for others run {debian_python.BINARY} too: {sorted(others)}")
            finally:
                resident.terminate()
    runs_told = {f"diemcau-agent at rest, run {n + 1}": reading for n, reading in enumerate(readings)}
    show_memory({**runs_told, "diemcau-agent at rest, median": memory.median(readings)})
    print(f"processor time of that minute, as of a day: {statistics.median(loads) * _DAY_S:.1f} s")


def wait_for_reports(site: Site, number: int) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while site.committed() < number:
        if time.monotonic() > deadline:
            raise TimeoutError("no report within two minutes")
        time.sleep(0.5)


def measure_round(site: Site, python: Path, kind: str, runs: int) -> RoundCost:
    """Run the child of a round and tell what it took; return the medians."""
    request = site.request(with_line=kind != "light")
    costs = []
    print(
        f"\n| child of a round, {kind} | peak RSS, MB | processor time, s | time on the clock, s |\n|---|---|---|---|"
    )
    for number in range(runs):
        program = (python, "-S", "laboratory/one_round.py", python)
        done = subprocess.run(program, input=request, capture_output=True, check=True, cwd=_HERE)
        costs.append(RoundCost(**json.loads(done.stdout)))
        print(f"| run {number + 1} | {costs[-1].peak_mb:.1f} | {costs[-1].cpu_s:.3f} | {costs[-1].wall_s:.1f} |")
    return RoundCost(*map(statistics.median, zip(*costs, strict=True)))


def measure_day(site: Site, python: Path, share: float) -> Day:
    """Return what a day without the line costs, from a share of its ticks and rounds in a hurry."""
    with hurried(site, python) as resident:
        order(resident, until={"rounds": 1, "ticks": 1})
        until = {"ticks": _TICKS * share, "rounds": _ROUNDS * share}
        busy = order(resident, tick_s=0.05, light_round_s=11, turn_s=0.05, until=until)
        idle = order(resident, tick_s=_NEVER_S, turn_s=_REST_S / 20, until={"turns": 20})  # ticks are counted above
    print(f"\nin a hurry: {busy['ticks']} ticks and {busy['rounds']} light rounds, {busy['turns']} turns")
    return Day(
        busy["own_s"] / busy["ticks"] * _TICKS,
        busy["children_s"] / busy["rounds"] * _ROUNDS,
        idle["own_s"] / idle["turns"] * _DAY_S / _TURN_S,
    )


def measure_absence(site: Site, python: Path, share: float, *, is_refused: bool) -> dict[str, Memory]:
    """Return the resident's memory before, at the end of, and after a day without a broker that admits it."""
    name = "the broker refuses the password" if is_refused else "the broker is off"
    with hurried(site, python) as resident:
        with site.centre.broker():
            order(resident, until={"rounds": 1, "ticks": 1})
            before = memory.read(resident.pid)
        with site.refusing_broker() if is_refused else nullcontext():
            until = {"tries": _TRIES * share, "rounds": _ROUNDS * share}
            done = order(resident, light_round_s=4, turn_s=0.05, until=until)
            end = memory.read(resident.pid)
        with site.centre.broker():
            order(resident, until={"ticks": 2})
            after = memory.read(resident.pid)
    tried = f"{done['tries']} tries and {done['rounds']} rounds"
    return {f"{name}: before": before, f"{name}: after {tried}": end, f"{name}: connected again": after}


@contextmanager
def hurried(site: Site, python: Path) -> Iterator[Partner]:
    """Run the real resident, to be told what to do; it leaves the broker at the end."""
    with conversing("hurried_resident", site.settings_file, python=python) as resident:
        yield resident
        assert resident.stdin is not None
        resident.stdin.close()
        resident.wait(_DEADLINE_S)


def order(
    resident: Partner,
    *,
    until: dict[str, float],
    tick_s: float = 60,
    light_round_s: float = _NEVER_S,
    turn_s: float = 1,
) -> Any:
    """Let the hurried resident go on until it has reached these counts; return what it has counted and used."""
    assert resident.stdin is not None
    assert resident.stdout is not None
    wanted = {"tick_s": tick_s, "light_round_s": light_round_s, "turn_s": turn_s, "until": until}
    print(json.dumps(wanted), file=resident.stdin, flush=True)
    return json.loads(resident.stdout.readline())


def show_memory(found: dict[str, Memory]) -> None:
    print("\n| memory, MB | RSS | PSS | private | anonymous |\n|---|---|---|---|---|")
    for name, reading in found.items():
        print(f"| {name} |", " | ".join(f"{value:.1f}" for value in reading), "|")


def show_day(day: Day, line_round_s: float) -> None:
    line_s = _LINE_ROUNDS * line_round_s
    print("| processor time of a day | s |\n|---|---|")
    print(f"| resident: {_TICKS} ticks and its part in {_ROUNDS} rounds | {day.resident_s:.1f} |")
    print(f"| resident: {_DAY_S / _TURN_S:.0f} turns that find nothing to do | {day.idle_s:.1f} |")
    print(f"| children of {_ROUNDS} light rounds | {day.children_s:.1f} |")
    print(f"| together, without the line | {sum(day):.1f} |")
    print(f"| {_LINE_ROUNDS} rounds with the line | {line_s:.1f} |")


if __name__ == "__main__":
    main()
