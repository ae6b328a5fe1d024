"""How many two-way streams at 5 Mbit/s one reflector carries, and what of a core that takes.

python benchmarks/reflector_load.py [--streams N,...]

The real reflector in a process of its own, over loopback; each stream is the real agent's end in a process of its own,
520 packets of 1,200 bytes a second each way for ten seconds. A packet counts as lost here when the reflector or the
agent's end had no room for it: over loopback there is no other loss.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from laboratory import machine
from laboratory.ports import free_port

from contract.probing import Stream

_ENDS = Path(__file__).parent / "laboratory" / "path_ends.py"
_SHAPE = Stream(packets_per_s=520, packets=5200, up_bytes=1200, down_bytes=1200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", default="1,8,16,24", help="at once, one run for each number")
    head = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe()}
    print("\n".join(f"- {name}: {value}" for name, value in head.items()))
    print(
        "\n| streams | packets a second, each way | Mbit/s, each way | of a core | a packet | lost here | RTT p99, ms |"
    )
    print("|---|---|---|---|---|---|---|")
    for count in map(int, parser.parse_args().streams.split(",")):
        print(measure(count), flush=True)


def measure(count: int) -> str:
    """Run so many streams at once; return a row of the table."""
    shape, port = _SHAPE.model_dump_json(), free_port()
    server = start("server", port, shape)
    assert server.stdout is not None
    if server.stdout.readline() != "ready\n":
        raise RuntimeError("the reflector does not start")
    sites = [start("site", "127.0.0.1", port, shape) for _ in range(count)]
    stated = [json.loads(site.communicate()[0]) for site in sites]
    server.terminate()
    counted = json.loads(server.communicate()[0])
    per_s = sum(one["sent"] for one in stated) * _SHAPE.packets_per_s / _SHAPE.packets
    cpu_s, packets = counted["cpu_s"], counted["received"]
    lost = sum(one["sent"] - one["received"] for one in stated)
    rtt_ms = max(one["rtt_p99_ms"] for one in stated)
    return (
        f"| {count} | {per_s:.0f} | {per_s * _SHAPE.up_bytes * 8e-6:.0f} | {cpu_s * per_s / packets:.0%} "
        f"| {1e6 * cpu_s / packets:.0f} µs | {lost} | {rtt_ms:.1f} |"
    )


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(_ENDS), *map(str, arguments)], stdout=subprocess.PIPE, text=True)


if __name__ == "__main__":
    main()
