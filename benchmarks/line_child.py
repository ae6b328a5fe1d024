"""What the child that tests a line holds at most: at the needs of a site that watches, and of one that speaks.

python benchmarks/line_child.py [--runs N]

The agent is the real one under Debian's Python, its far end a real probe server, the line loopback. The round is the
scheduled one of the line: the transfer both ways, then the slot's stream, which a site that speaks has at the event's
rate both ways. MB is 1,048,576 bytes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from laboratory import debian_python, machine
from laboratory.enrolled_site import Site

from agent.child import Request
from collector.probe_server import document
from collector.probe_server.centre import KEPT

_HERE = Path(__file__).parent
_SMALL = {"packets_per_s": 50, "packets": 100, "up_bytes": 44, "down_bytes": 44}
_BOTH_WAYS = {"packets_per_s": 520, "packets": 5210, "up_bytes": 1200, "down_bytes": 1200}  # 5 Mbit/s for 10 s


class Kind(NamedTuple):
    """What a site needs, in Mbit/s, and the stream of its slot."""

    name: str
    down_mbps: float
    up_mbps: float
    stream: dict[str, int]


KINDS = (
    Kind("5 down, 1.5 up, small stream", 5.0, 1.5, _SMALL),
    Kind("6 down, 6 up, small stream", 6.0, 6.0, _SMALL),
    Kind("6 down, 6 up, two-way stream", 6.0, 6.0, _BOTH_WAYS),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="of each kind")
    runs = parser.parse_args().runs
    for name, value in {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe()}.items():
        print(f"{name}: {value}")
    print("\n| child of the line's round | peak RSS, MB | runs | processor time, s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="line-child-") as folder:
        python = debian_python.make(Path(folder) / "python")
        for kind in KINDS:
            place = Path(folder) / kind.name.replace(" ", "-")
            place.mkdir()
            site = Site(place)
            costs = _measure(site, python, kind, runs)
            peaks = [cost["peak_mb"] for cost in costs]
            cpu_s = statistics.median(cost["cpu_s"] for cost in costs)
            told = ", ".join(f"{peak:.1f}" for peak in peaks)
            print(f"| {kind.name} | {statistics.median(peaks):.1f} | {told} | {cpu_s:.2f} |", flush=True)


def _measure(site: Site, python: Path, kind: Kind, runs: int) -> list[dict[str, float]]:
    (site.centre.settings.folder("db") / KEPT).write_bytes(document.write(_document(site.device, kind)))
    request = Request(site.device, "schedule", ("line", "path"), str(site.folder), site.server)
    told = {**request._asdict(), "server": site.server._asdict(), "measured": [], "boot_id": ""}
    program = (python, "-S", "laboratory/one_round.py", python)
    with site.centre.probe_server():
        done = [
            subprocess.run(program, input=json.dumps(told).encode(), stdout=subprocess.PIPE, check=True, cwd=_HERE)
            for _ in range(runs)
        ]
    return [json.loads(one.stdout) for one in done]


def _document(device: str, kind: Kind) -> document.Document:
    needs: dict[str, Any] = {
        "download": {"ready_mbps": kind.down_mbps, "minimum_mbps": kind.down_mbps / 2},
        "upload": {"ready_mbps": kind.up_mbps, "minimum_mbps": kind.up_mbps / 2},
        "bitrate_mbps": 5.0,
        "is_watched": kind.stream is _SMALL,
        "is_thorough": kind.stream is not _SMALL,
        "stream": kind.stream,
    }
    client = {"generation": 1, "needs": 0, "units": ["01"]}
    value = {"version": 1, "needs": [needs], "devices": {device: client}}
    return document.Document.model_validate_json(json.dumps(value))


if __name__ == "__main__":
    main()
