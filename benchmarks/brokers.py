"""What each kind of broker costs with a country's users: a connection's time and memory, and a reload.

python benchmarks/brokers.py [--users N] [--devices N] [--edges N] [--window N]

One nats-server and one edge of Mosquitto, each with TLS and without, by the configuration that the registry gives them.
To each the same devices connect, by their own credentials: will, three subscriptions, a retained presence. Then a
device is revoked, and the time until the broker runs the new configuration is taken, while all the others stay.
With several edges there is no nats-server, and to each edge as many devices connect, out of a process of their own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
from laboratory import machine, memory
from laboratory.centre import Centre, Login, Process
from laboratory.conversation import Partner, conversing, tell
from laboratory.ports import free_port
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
    parser.add_argument("--devices", type=int, default=10_017, help="connected to each broker: a quarter")
    parser.add_argument("--edges", type=int, default=1, help="edges of Mosquitto; more than one: without nats-server")
    parser.add_argument("--window", type=int, default=64, help="connections on their way at once")
    wanted = parser.parse_args()
    head = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe()}
    head |= {name: str(value) for name, value in vars(wanted).items()}
    print("\n".join(f"- {name}: {value}" for name, value in head.items()), flush=True)
    with tempfile.TemporaryDirectory(prefix="brokers-") as folder:
        centre = Centre(Path(folder) / "home", f"sqlite:///{folder}/diemcau.db", wanted.users)
        print(f"\n| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}")
        ports = tuple(free_port() for _ in range(wanted.edges))
        centre.settings = centre.settings.model_copy(update={"broker_edge_ports": ports})
        for kind in ("nats", "mosquitto") if wanted.edges == 1 else ("mosquitto",):
            for is_plain in (False, True):
                cells = measure(centre, kind, is_plain, wanted.devices, wanted.window)
                print(f"| {' | '.join(cells)} |", flush=True)
        centre.engine.dispose()


def measure(centre: Centre, kind: str, is_plain: bool, each: int, window: int) -> list[str]:
    """Run one kind of broker and so many devices at each; return a row of the table."""
    centre.settings = centre.settings.model_copy(update={"broker": kind, "is_broker_plain": is_plain})
    reload.write_configuration(centre.engine, centre.settings)
    begun_s = time.monotonic()
    with ExitStack() as running:
        brokers = running.enter_context(centre.brokers())
        start_s, empty_mb, used_s = time.monotonic() - begun_s, rss_mb(brokers), processor_s(brokers)
        ca_file = "-" if is_plain else centre.ca_file
        ports = centre.settings.broker_ports
        crowds = [running.enter_context(conversing("crowd", port, ca_file, window // len(ports))) for port in ports]
        took_s, p99_ms = connect(crowds, centre.logins(), each)
        devices = each * len(brokers)
        per_connection_us = 1e6 * (processor_s(brokers) - used_s) / devices
        kib = 1024 * (rss_mb(brokers) - empty_mb) / devices
        reload_s, reload_cpu_s = reloaded(centre, brokers)
    return [
        *(kind, "no" if is_plain else "yes", f"{start_s:.1f}", f"{empty_mb:.0f}"),
        *(f"{devices / took_s:,.0f}", f"{p99_ms:,.0f}", f"{per_connection_us:,.0f}", f"{kib:.1f}"),
        *(f"{reload_s:.1f}", f"{reload_cpu_s:.1f}"),
    ]


def connect(crowds: list[Partner], logins: Sequence[Login], each: int) -> tuple[float, float]:
    """Have each crowd connect so many devices; return how long it took until all stood (s), and the worst p99 (ms)."""
    for number, crowd in enumerate(crowds):
        tell(crowd, json.dumps(logins[number * each : (number + 1) * each]))
    begun_s = time.monotonic()
    told = [json.loads(crowd.stdout.readline()) for crowd in crowds if crowd.stdout is not None]
    return time.monotonic() - begun_s, max(one["p99_ms"] for one in told)


def reloaded(centre: Centre, brokers: list[Process]) -> tuple[float, float]:
    """Revoke a device; return seconds, and the brokers' processor time, until all of them know."""
    with writing(centre.engine) as connection:
        gone = centre.devices.pop().device
        connection.execute(update(device).where(device.c.name == gone).values(state="revoked"))
    before, used_s, begun_s = open_files(brokers), processor_s(brokers), time.monotonic()
    reload.write_configuration(centre.engine, centre.settings)
    took = time.monotonic() - begun_s, processor_s(brokers) - used_s
    if open_files(brokers) < before - 1:  # the one revoked
        raise SystemExit("the reload has thrown off devices that should stay")
    return took


def rss_mb(processes: list[Process]) -> float:
    return sum(memory.read(process.pid).rss for process in processes)


def processor_s(processes: list[Process]) -> float:
    """Return the processor time that all threads of the processes have used so far."""
    times = [psutil.Process(process.pid).cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def open_files(processes: list[Process]) -> int:
    return sum(psutil.Process(process.pid).num_fds() for process in processes)


if __name__ == "__main__":
    main()
