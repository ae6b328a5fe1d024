"""One dry run over a scaled country: made and started by `diemcau-collector dryrun`, obeyed by processes of sites."""

from __future__ import annotations

import json
import queue
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, select

from collector.dryrun.campaign import LATE_S, Campaign
from collector.dryrun.prediction import FIRST_TOLD_S
from collector.intake.sweep import sweep
from collector.store import campaigns
from collector.store.tables import campaign_site
from laboratory.dry_run.reporting import Reporting
from laboratory.dry_run.scaled_country import Country, Running, Site

_LATE = 0.01  # of the sites hear of it late, anywhere within what is predicted
_HEARD_S = 2.0  # after they may be told, within which the plan reaches those who are connected
_LOOK_S, _SWEEP_S = 0.5, 2.0
_STALLED_S = 240.0  # without a result: whoever found nobody there has come again by then


class Kill(NamedTuple):
    """A part that is killed once this share of the sites is done, and started again after a while."""

    running: Running
    done: float
    away_s: float


@dataclass
class Seen:
    """What came of a dry run."""

    campaign: Campaign
    tests: Counter[str] = field(default_factory=Counter)  # by outcome
    whole: Counter[str] = field(default_factory=Counter)  # tests by device that say something of its line
    last_test_us: int = 0
    stop_asked_us: int = 0
    late: set[str] = field(default_factory=set)  # devices that heard of it late
    killed: list[tuple[str, float]] = field(default_factory=list)  # which part, when by the monotonic clock
    open_ones: int = 0  # sites without outcome, before it was stopped


def create(country: Country, name: str, *chosen: str) -> Campaign:
    """Make a dry run of line tests, whatever the hour of the day; chosen: options of `dryrun create`."""
    made = country.dryrun("create", "--name", name, "--check", "line", "--any-hour", *chosen)
    return _find(country, int(made.splitlines()[0]))


def conduct(
    country: Country,
    made: Campaign,
    reporting: Reporting,
    folder: Path,
    *,
    processes: int,
    kills: Sequence[Kill] = (),
    stop_after_s: float | None = None,
    tell: Callable[[str], None] = print,
) -> Seen:
    """Start it, have its sites obey, take in what they report, and stop it when all that can be done is done."""
    country.dryrun("start", str(made.id))
    found = _find(country, made.id)
    seen, sites = Seen(found), _sites_of(country, found)
    told: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    waiting, began_s = list(kills), time.monotonic()
    with _obeying(country, found, sites, folder, processes, told, seen.late):
        swept_s = shown_s = 0.0
        last_open, settled_s = seen.open_ones, began_s
        while True:
            time.sleep(_LOOK_S)
            now_s = time.monotonic()
            _hear(seen, told, reporting)
            if now_s - swept_s >= _SWEEP_S:
                swept_s = now_s
                sweep(country.engine, country.policy, time.time_ns() // 1000)
            seen.open_ones = _open(country, found)
            if seen.open_ones != last_open:
                last_open, settled_s = seen.open_ones, now_s
            done = 1 - seen.open_ones / found.prediction.sites
            if now_s - shown_s >= 30.0:
                shown_s = now_s
                tell(f"   {now_s - began_s:.0f} s: {seen.open_ones} open, {dict(seen.tests)}")
            if waiting and done >= waiting[0].done:
                _kill(waiting.pop(0), seen, tell)
            is_due = stop_after_s is not None and now_s - began_s >= stop_after_s
            if is_due or seen.open_ones <= sum(one.is_off for one in sites) + _unenrolled(found):
                break
            if now_s - settled_s > _STALLED_S:
                tell(f"   nothing more comes: {seen.open_ones} stay open")
                break
        seen.stop_asked_us = time.time_ns() // 1000
        if seen.open_ones:  # else it ends by itself
            country.dryrun("stop", str(found.id))
        if stop_after_s is not None:
            time.sleep(15.0)
            _hear(seen, told, reporting)
    seen.campaign = _find(country, found.id)
    return seen


def _hear(seen: Seen, told: queue.SimpleQueue[bytes], reporting: Reporting) -> None:
    tested = []
    while not told.empty():
        one: dict[str, Any] = json.loads(told.get())
        seen.tests[one["outcome"]] += 1
        if one["outcome"] == "tested":
            tested.append(one)
            seen.last_test_us = max(seen.last_test_us, one["at_us"])
            seen.whole[one["device"]] += not one["is_server_limited"]
            seen.tests["limited"] += one["is_server_limited"]
    reporting.take_in(tested)


def _kill(one: Kill, seen: Seen, tell: Callable[[str], None]) -> None:
    seen.killed.append((one.running.name, time.monotonic()))
    one.running.kill()
    time.sleep(one.away_s)
    one.running.start()
    tell(f"   {one.running.name} killed, and started again {one.away_s:g} s later")


@contextmanager
def _obeying(
    country: Country,
    found: Campaign,
    sites: Sequence[Site],
    folder: Path,
    count: int,
    told: queue.SimpleQueue[bytes],
    late: set[str],
) -> Iterator[None]:
    """Run the sites in some processes, whose lines come to `told`."""
    rows = [[one.known.name, one.permit_key, *_hears(found, one.known.name, late)] for one in sites if not one.is_off]
    with ExitStack() as running:
        for number in range(count):
            file = folder / f"sites-{found.id}-{number}.json"
            about = {"host": "127.0.0.1", "port": country.settings.probe_http_port, "seed": found.id * 100 + number}
            about |= {"dry_run": found.code, "began_s": (found.started_at or 0) / 1e6, "sites": rows[number::count]}
            file.write_text(json.dumps(about))
            program = Path(__file__).parent / "sites_process.py"
            log = running.enter_context((folder / f"sites-{found.id}-{number}.log").open("wb"))
            child = subprocess.Popen([sys.executable, str(program), str(file)], stdout=subprocess.PIPE, stderr=log)
            running.callback(_end, child)
            reading = threading.Thread(target=_read, args=(child, told), daemon=True)
            reading.start()
        yield


def _hears(found: Campaign, device: str, late: set[str]) -> tuple[float, float]:
    """Return when a site hears of the dry run, and over how long it is to spread then."""
    chance = random.Random(f"{device} {found.code}")
    if chance.random() < _LATE:
        late.add(device)
        return chance.uniform(0.1, 0.8) * found.prediction.duration_s, min(LATE_S, found.prediction.spread_s)
    return FIRST_TOLD_S + chance.uniform(0.0, _HEARD_S), found.prediction.spread_s


def _read(child: subprocess.Popen[bytes], told: queue.SimpleQueue[bytes]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        told.put(line)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()


def _find(country: Country, campaign_id: int) -> Campaign:
    with country.engine.connect() as connection:
        found = campaigns.find(connection, campaign_id)
    assert found is not None
    return found


def _sites_of(country: Country, found: Campaign) -> list[Site]:
    with country.engine.connect() as connection:
        ids = set(connection.scalars(select(campaign_site.c.site_id).where(campaign_site.c.campaign_id == found.id)))
    return [one for one in country.sites if one.known.site_id in ids]


def _open(country: Country, found: Campaign) -> int:
    is_open = (campaign_site.c.campaign_id == found.id) & campaign_site.c.outcome.is_(None)
    with country.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).where(is_open)) or 0)


def _unenrolled(found: Campaign) -> int:
    return found.prediction.left.get("not_enrolled", 0)
