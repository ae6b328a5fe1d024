"""Committed real reports per second of one ingest process, beside a bare paho subscriber on the same broker.

python benchmarks/ingest_rate.py [--reports N] [--devices N] [--runs N] [--databases sqlite,postgresql]

The report is the real agent's, measured once by its round child against the real probe server. Each device has its
own credentials, TLS connection, site and part in a session, and sends its next report when the one before it is
receipted: so no message is discarded, and the reports of a batch are of different sites, each of which is judged.
A run of the bare subscriber and a run of ingest (`diemcau-collector ingest` as it is) take turns. When in the end a
report is missing, doubled or put aside, no figure is printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from laboratory import machine, postgres, reports
from laboratory.centre import Centre
from laboratory.conversation import Partner, conversing, tell, wait_for
from sqlalchemy import func, select

from collector.store import counters
from collector.store.tables import flag_change, quarantine, report, spool, unattributed
from provisioning.broker.reload import COLLECTOR_PASSWORD


class Run(NamedTuple):
    """One run: how many reports in how long, and the processor time that each process spent on them."""

    reports: int
    wall_s: float
    cpu_s: dict[str, float]

    @property
    def per_second(self) -> float:
        return self.reports / self.wall_s

    def cpu_us(self, process: str) -> float:
        """Processor time per report."""
        return self.cpu_s[process] / self.reports * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=20_000, help="in each run")
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3, help="of each of the two")
    parser.add_argument("--databases", default="sqlite,postgresql")
    wanted = parser.parse_args()
    for name, value in machine.describe().items():
        print(f"{name}: {value}")
    for database in wanted.databases.split(","):
        with tempfile.TemporaryDirectory(prefix="ingest-rate-") as folder:
            measure(database, Path(folder), wanted.devices, wanted.reports // wanted.devices, wanted.runs)


def measure(database: str, folder: Path, devices: int, each: int, runs: int) -> None:
    """Measure on one kind of database and print what came of it."""
    with running_database(database, folder) as (url, database_pids):
        centre = Centre(folder / "home", url, devices)
        report_file = folder / "report.json"
        with centre.probe_server() as server:
            device = centre.devices[0].device
            report_file.write_bytes(reports.measure(server, folder, device, centre.permit_key(device)))
        found: dict[str, list[Run]] = {"bare": [], "ingest": []}
        ports = (centre.settings.broker_port, centre.ca_file)
        with centre.broker() as broker, conversing("devices", *ports, report_file) as fleet:
            tell(fleet, json.dumps(centre.logins()))
            wait_for(fleet, "connected")
            pids = {"broker": broker.pid, "devices": fleet.pid, **database_pids}
            for number in range(runs):
                found["bare"].append(run_bare(centre, fleet, pids, devices, each))
                found["ingest"].append(run_ingest(centre, fleet, pids, devices, each, is_first=not number))
        check_books(centre, devices * (1 + each * runs))
        show(database, report_file.stat().st_size, found, share_of_changes(centre, devices))
        centre.engine.dispose()


@contextmanager
def running_database(kind: str, folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the URL of a new database and the processes that it runs in, beside ours."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'diemcau.db'}", {}
    else:
        with postgres.running(folder) as server:
            yield server.url, {"database": server.pid}


def run_bare(centre: Centre, fleet: Partner, pids: dict[str, int], devices: int, each: int) -> Run:
    """Have the bare subscriber count what the devices send as fast as the broker takes it."""
    ports = (centre.settings.broker_port, centre.ca_file)
    password_file = centre.settings.folder("secrets") / COLLECTOR_PASSWORD
    with conversing("bare_subscriber", *ports, password_file) as subscriber:
        wait_until(centre.has_subscriber)
        tell(subscriber, str(devices * each))
        wait_for(subscriber, "waiting")

        def work() -> None:
            tell(fleet, f"broker {each}")
            wait_for(subscriber, "done")

        run = timed(devices * each, {"subscriber": subscriber.pid, **pids}, work)
        wait_for(fleet, "done")
    wait_until(lambda: not centre.has_subscriber())  # else the next one would be taken for ready too soon
    return run


def run_ingest(centre: Centre, fleet: Partner, pids: dict[str, int], devices: int, each: int, *, is_first: bool) -> Run:
    """Have ingest take in what the devices send; the first time ever, every device sends one report before."""
    with centre.ingest() as ingest:

        def work(each: int = each) -> None:
            tell(fleet, f"collector {each}")
            wait_for(fleet, "done")

        if is_first:
            work(1)
        run = timed(devices * each, {"ingest": ingest.pid, **pids}, work)
    wait_until(lambda: not centre.has_subscriber())
    return run


def timed(number: int, pids: dict[str, int], work: Callable[[], None]) -> Run:
    """Do some work on so many reports and take the time that it needs, on the clock and of each process."""
    before, began_s = cpu_s(pids), time.monotonic()
    work()
    wall_s, after = time.monotonic() - began_s, cpu_s(pids)
    return Run(number, wall_s, {name: after[name] - before[name] for name in pids})


def cpu_s(pids: dict[str, int]) -> dict[str, float]:
    """Return the processor time that each process has used so far, with the children that it has."""
    used = {}
    for name, pid in pids.items():
        process = psutil.Process(pid)
        times = [p.cpu_times() for p in (process, *process.children(recursive=True))]
        used[name] = sum(t.user + t.system + t.children_user + t.children_system for t in times)
    return used


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the subscriber neither comes nor goes within a minute")
        time.sleep(0.1)


def check_books(centre: Centre, sent: int) -> None:
    """Raise unless every report that was sent stands in the database once, and nothing was put aside."""
    with centre.engine.connect() as connection:
        names = ("accepted", "committed", "spooled", "dropped", "quarantined", "redelivered")
        books = connection.execute(select(*(func.sum(spool.c[name]).label(name) for name in names))).one()._asdict()
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (report, quarantine, unattributed)
        }
        discarded = counters.value(connection, "discarded")
    expected = {name: sent if name in ("accepted", "committed") else 0 for name in names}
    if {name: int(value) for name, value in books.items()} != expected:
        raise SystemExit(f"the books do not balance: {books}, {sent} sent")
    if rows != {"report": sent, "quarantine": 0, "unattributed": 0} or discarded:
        raise SystemExit(f"not every report is committed: {rows}, {discarded} discarded, {sent} sent")


def share_of_changes(centre: Centre, devices: int) -> float:
    """Return changes of a flag per report, without the first report of each device."""
    with centre.engine.connect() as connection:
        changes = select(func.count()).where(flag_change.c.fact == "line", flag_change.c.metric != "")
        total = connection.execute(select(func.count()).select_from(report)).scalar_one()
        return float(connection.execute(changes).scalar_one()) / (total - devices)


def show(database: str, report_bytes: int, found: dict[str, list[Run]], changes: float) -> None:
    """Print every run, the medians and their ratio."""
    print(f"\n{database}: reports of {report_bytes} bytes, a flag changed by {changes:.1%} of them")
    print("| run | reports/s | processor time per report, us |\n|---|---|---|")
    for name, runs in found.items():
        for run in runs:
            cost = ", ".join(f"{process} {run.cpu_us(process):.0f}" for process in run.cpu_s)
            print(f"| {name} | {run.per_second:.0f} | {cost} |")
    rate = {name: statistics.median(run.per_second for run in runs) for name, runs in found.items()}
    bare_us = statistics.median(run.cpu_us("subscriber") for run in found["bare"])
    ingest_us = statistics.median(run.cpu_us("ingest") for run in found["ingest"])
    print(
        f"\n{database}, medians: ingest {rate['ingest']:.0f} reports/s, bare subscriber {rate['bare']:.0f} messages/s"
        f" (ratio {rate['ingest'] / rate['bare']:.2f}); ingest {ingest_us:.0f} us of processor time per report,"
        f" bare subscriber {bare_us:.0f} (so at most {1e6 / ingest_us:.0f} and {1e6 / bare_us:.0f} a second per core)"
    )


if __name__ == "__main__":
    main()
