"""What each kind of broker costs with a country's users: a connection's time and memory, and a reload.

python benchmarks/brokers.py [--users N] [--devices N] [--window N]

One nats-server and one edge of Mosquitto, each with TLS and without, by the configuration that the registry gives them.
To each the same devices connect, by their own credentials: will, three subscriptions, a retained presence. Then a
device is revoked, and the time until the broker runs the new configuration is taken, while all the others stay.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from laboratory import machine, memory
from laboratory.centre import Centre, Process
from laboratory.conversation import Partner, conversing, tell
from sqlalchemy import update

from provisioning.broker import reload
from provisioning.store.engine import writing
from provisioning.store.tables import device

_COLUMNS = (
    *("broker", "TLS", "start, s", "RSS with users, MB", "connections/s", "p99, ms", "of a core, µs a connection"),
    *("KiB a connection", "reload, s", "of it the broker's processor, s"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=40_068, help="devices in the registry")
    parser.add_argument("--devices", type=int, default=10_017, help="of them connected: a quarter, an edge's share")
    parser.add_argument("--window", type=int, default=64, help="connections on their way at once")
    wanted = parser.parse_args()
    head = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe()}
    head |= {name: str(value) for name, value in vars(wanted).items()}
    print("\n".join(f"- {name}: {value}" for name, value in head.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="brokers-") as folder:
        centre = Centre(Path(folder) / "home", f"sqlite:///{folder}/diemcau.db", wanted.users)
        print(f"\n| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}")
        for kind in ("nats", "mosquitto"):
            for is_plain in (False, True):
                cells = measure(centre, kind, is_plain, wanted.devices, wanted.window)
                print(f"| {' | '.join(cells)} |", flush=True)
        centre.engine.dispose()


def measure(centre: Centre, kind: str, is_plain: bool, devices: int, window: int) -> list[str]:
    """Run one kind of broker; return a row of the table."""
    centre.settings = centre.settings.model_copy(update={"broker": kind, "is_broker_plain": is_plain})
    reload.write_configuration(centre.engine, centre.settings)
    ca_file = "-" if is_plain else centre.ca_file
    begun_s = time.monotonic()
    with (
        centre.broker() as broker,
        conversing("crowd", centre.settings.broker_ports[0], ca_file, window) as crowd,
    ):
        start_s, empty = time.monotonic() - begun_s, memory.read(broker.pid).rss
        used_s = processor_s(broker)
        told = connected(crowd, centre.devices[:devices])
        per_connection_us = 1e6 * (processor_s(broker) - used_s) / devices
        kib = 1024 * (memory.read(broker.pid).rss - empty) / devices
        reload_s, reload_cpu_s = reloaded(centre, broker)
    return [
        *(kind, "no" if is_plain else "yes", f"{start_s:.1f}", f"{empty:.0f}"),
        *(f"{devices / told['took_s']:,.0f}", f"{told['p99_ms']:,.0f}", f"{per_connection_us:,.0f}", f"{kib:.1f}"),
        *(f"{reload_s:.1f}", f"{reload_cpu_s:.1f}"),
    ]


def connected(crowd: Partner, credentials: list[Any]) -> dict[str, float]:
    """Have these devices connect; return what the crowd tells of it."""
    tell(crowd, json.dumps(credentials))
    assert crowd.stdout is not None
    told: dict[str, float] = json.loads(crowd.stdout.readline())
    return told


def reloaded(centre: Centre, broker: Process) -> tuple[float, float]:
    """Revoke a device that is not connected; return seconds, and processor time, until the broker knows."""
    process = psutil.Process(broker.pid)
    with writing(centre.engine) as connection:
        gone = centre.devices.pop().name
        connection.execute(update(device).where(device.c.name == gone).values(state="revoked"))
    before, used_s, begun_s = process.num_fds(), processor_s(broker), time.monotonic()
    reload.write_configuration(centre.engine, centre.settings)
    took = time.monotonic() - begun_s, processor_s(broker) - used_s
    if process.num_fds() < before - 1:
        raise SystemExit("the reload has thrown off devices that should stay")
    return took


def processor_s(process: Process) -> float:
    """Return the processor time that all threads of a process have used so far."""
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
