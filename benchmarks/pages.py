"""The pages with a country in the database: how fast each answers, alone and beside ingest at work, and what it costs.

python benchmarks/pages.py [--sites N] [--home FOLDER] [--only PART,...] [--quick]

A database on SQLite with 40,068 sites in a session (laboratory/filled_country.py), and the web as `diemcau-collector
web` is, in a process of its own. Parts:

pages     each kind of page at 20 requests a second for 30 s
mixed     all of them in turn, while ingest takes in 100 reports a second
viewers   500 open event streams of the overview, then of the other pages, beside the same ingest
first     what a browser fetches to show the overview for the first time (Chromium)
workbook  the list of all sites as a workbook, by a fresh process

The requests come at their time, whether the answer before is there or not, over 8 connections; a request counts from
when it was due. How late the generator was by itself is told beside. --home keeps the filled database for another run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_plus

import psutil
from laboratory import machine
from laboratory.conversation import Partner, conversing, tell, wait_for
from laboratory.filled_country import filled
from laboratory.paced_requests import Load, quantile, send, warm
from laboratory.web import Web, running
from playwright.sync_api import Request, sync_playwright
from sqlalchemy import Engine, func, select

from collector.store.tables import rollup
from provisioning import secret_files, site_links
from provisioning.settings import Settings
from provisioning.store.engine import open_engine
from provisioning.store.folding import fold
from provisioning.store.tables import change, device, site, unit

PER_S, REPORTS_PER_S = 20.0, 100
STREAMS = (("/live/board?session=1", "overview"), ("/live", "other pages"))
GOAL_P95_MS, GOAL_VIEWERS_PCT, GOAL_FIRST_KB, GOAL_WORKBOOK_S, GOAL_WORKBOOK_MB = 200, 10, 150, 10, 200
_SETTLE_S = 8.0


class Kind(NamedTuple):
    """A kind of page and the addresses of it that are asked for in turn."""

    name: str
    paths: tuple[str, ...]


class Lasting(NamedTuple):
    """How long and with how many is measured."""

    load_s: float
    mixed_s: float
    viewers: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=40_068)
    parser.add_argument("--home", type=Path, help="of the filled database: made where it is missing, and kept")
    parser.add_argument("--only", default=",".join(MEASURE), help="parts, with commas between")
    parser.add_argument(
        "--quick", action="store_true", help="2,000 sites, 5 s a page, 50 viewers: to see that it works"
    )
    wanted = parser.parse_args()
    sites = 2_000 if wanted.quick else wanted.sites
    lasting = Lasting(5, 10, 50) if wanted.quick else Lasting(30, 60, 500)
    said = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **machine.describe(), "sites": f"{sites:,}"}
    print("\n".join(f"- {name}: {value}" for name, value in said.items()), flush=True)
    with filled(wanted.home, sites, say) as home:
        engine = open_engine(Settings(home=home).database)
        for part in wanted.only.split(","):
            say(f"part: {part}")
            MEASURE[part](home, engine, lasting)
        engine.dispose()


def say(text: str) -> None:
    """Tell how far it is, apart from the figures, and how busy the machine is."""
    print(f"  [{datetime.now(UTC):%H:%M:%S}, load {os.getloadavg()[0]:.1f}] {text}", file=sys.stderr, flush=True)


# --- pages


def kinds(home: Path, engine: Engine) -> list[Kind]:
    """Return what is asked for: the large provinces, some districts, and the sites that have a month of history."""
    key = secret_files.key(Settings(home=home).folder("secrets"), site_links.KEY)
    remembered = select(rollup.c.device_id).where(
        rollup.c.hour_at == select(func.max(rollup.c.hour_at)).scalar_subquery()
    )
    some = select(site.c.code, site.c.link_generation).join(device, device.c.site_id == site.c.id)
    held = select(unit.c.code, unit.c.level, func.count(site.c.id))
    with engine.connect() as connection:
        opened = connection.execute(some.where(device.c.id.in_(remembered))).all()
        province = unit.alias("province")
        of_districts = held.join(site, site.c.unit_id == unit.c.id).group_by(unit.c.id).order_by(func.count().desc())
        districts = connection.scalars(of_districts.where(unit.c.level == 2)).all()
        of_provinces = (
            select(province.c.code)
            .join(unit, unit.c.parent_id == province.c.id)
            .join(site, site.c.unit_id == unit.c.id)
            .group_by(province.c.id)
            .order_by(func.count().desc())
        )
        provinces = connection.scalars(of_provinces).all()
        names = connection.scalars(select(unit.c.name).where(unit.c.level == 2, unit.c.code.in_(districts[:100]))).all()
    tokens = [site_links.token(key, code, generation) for code, generation in opened]
    return [
        Kind("`/`", ("/",)),
        Kind("`/sites`", ("/sites",)),
        Kind(
            "`/sites`, a filter",
            (
                "/sites?owner=vnpt&level=at_risk&level=not_ready",
                "/sites?level=ready",
                "/sites?provider=viettel&role=view",
                "/sites?reason=download_low&sort=-since",
                "/sites?medium=mytv&sort=seats",
            ),
        ),
        Kind("`/sites`, a province", tuple(f"/sites?unit={code}&level=unknown" for code in provinces[:8])),
        Kind("`/sites`, presence", ("/sites?presence=lost", "/sites?presence=off_hours", "/sites?presence=connected")),
        Kind("`/sites`, search", tuple(f"/sites?q={quote_plus(f'tieu hoc {fold(name)}')}" for name in names)),
        Kind("`/sites`, page 100", ("/sites?page=100", "/sites?sort=province&page=100", "/sites?sort=name&page=100")),
        Kind("`/units/{province}`, the 8 largest", tuple(f"/units/{code}" for code in provinces[:8])),
        Kind("`/units/{district}`", tuple(f"/units/{code}" for code in districts[:40])),
        Kind("`/sites/{code}`", tuple(f"/sites/{code}" for code, _ in opened)),
        Kind("`/my/{token}`", tuple(f"/my/{token}" for token in tokens)),
        Kind(
            "`/api/v1/sites`",
            (
                "/api/v1/sites",
                "/api/v1/sites?after=20000&limit=1000",
                "/api/v1/sites?owner=vnpt",
                "/api/v1/sites?q=ba+vi",
            ),
        ),
        Kind("`/api/v1/summary`", ("/api/v1/summary",)),
    ]


def measure_pages(home: Path, engine: Engine, lasting: Lasting) -> None:
    """Measure each kind alone, one after the other."""
    head("page, alone")
    with running(home) as web:
        for kind in kinds(home, engine):
            warm(web, kind.paths[:10])
            say(f"{kind.name}: {lasting.load_s:.0f} s")
            row(kind.name, *loaded(web, kind.paths, lasting.load_s))


def measure_mixed(home: Path, engine: Engine, lasting: Lasting) -> None:
    """Measure all kinds in turn, while ingest is at work."""
    all_kinds = kinds(home, engine)
    chance = random.Random(1)
    paths = [chance.choice(kind.paths) for kind in all_kinds * 100]
    head("all pages in turn, beside ingest")
    with running(home) as web, at_work(home, engine) as told:
        warm(web, paths[: len(all_kinds)])
        say(f"{lasting.mixed_s:.0f} s")
        load, cpu_ms = loaded(web, paths, lasting.mixed_s)
        row("all", load, cpu_ms)
        for n, kind in enumerate(all_kinds):
            row(kind.name, load._replace(timed=[one for one in load.timed if one.number % len(all_kinds) == n]))
        print(f"\n{told()}", flush=True)


def loaded(web: Web, paths: Sequence[str], lasts_s: float) -> tuple[Load, float]:
    """Return what came of a load, and the web's processor time for a request, ms."""
    before_s = cpu_s(web.pid)
    load = send(web, lambda number: paths[number % len(paths)], PER_S, lasts_s)
    return load, (cpu_s(web.pid) - before_s) / len(load.timed) * 1000


def cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def head(first: str) -> None:
    print(f"\n| {first} | p50 | p95 | p99 | most | of a core, ms | KB | late by itself, p99 | load |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)


def row(name: str, load: Load, cpu_ms: float | None = None) -> None:
    took_ms = [one.took_ms for one in load.timed]
    p50, p95, p99 = (f"{quantile(took_ms, share):.0f}" for share in (0.5, 0.95, 0.99))
    mark = "" if quantile(took_ms, 0.95) <= GOAL_P95_MS else " (missed)"
    size_kb = sum(one.size_bytes for one in load.timed) / len(load.timed) / 1000
    cells = (name, p50, f"{p95}{mark}", p99, f"{max(took_ms):.0f}", "" if cpu_ms is None else f"{cpu_ms:.1f}")
    late_ms = f"{quantile(load.lags_ms, 0.99):.0f}" if load.lags_ms else "all waited"
    print(f"| {' | '.join(cells)} | {size_kb:.1f} | {late_ms} | {os.getloadavg()[0]:.1f} |", flush=True)


# --- ingest beside


@contextmanager
def at_work(home: Path, engine: Engine) -> Iterator[Callable[[], str]]:
    """Have ingest take in reports meanwhile; yield what tells how many standings it has written a second."""
    os.environ["DIEMCAU_HOME"] = str(home)
    with conversing("busy_ingest", REPORTS_PER_S) as ingest:
        wait_for(ingest, "going")
        began_s, before = time.monotonic(), standings(engine)
        yield lambda: f"{(standings(engine) - before) / (time.monotonic() - began_s):.0f} standings written a second."


def standings(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(change.c.kind == "standing")) or 0


# --- viewers


def measure_viewers(home: Path, engine: Engine, lasting: Lasting) -> None:
    """Measure what open pages cost the web while ingest is at work."""
    print("\n| viewers | of a core | events a second to each | KB/s to all | ended | load |\n|---|---|---|---|---|---|")
    for path, name in STREAMS:
        with (
            running(home) as web,
            at_work(home, engine),
            conversing("viewers", web.port, web.cookie, path, lasting.viewers) as viewers,
        ):
            wait_for(viewers, "open")
            say(f"{lasting.viewers} viewers of {path}: {lasting.load_s:.0f} s")
            time.sleep(_SETTLE_S)
            heard(viewers)
            began_s, before_s = time.monotonic(), cpu_s(web.pid)
            time.sleep(lasting.load_s)
            share_pct = 100 * (cpu_s(web.pid) - before_s) / (time.monotonic() - began_s)
            told = heard(viewers)
        per_s = told["events"] / lasting.viewers / lasting.load_s
        mark = "" if share_pct <= GOAL_VIEWERS_PCT else " (missed)"
        cells = (f"{lasting.viewers}, {name}", f"{share_pct:.1f} %{mark}", f"{per_s:.2f}")
        size = f"{told['bytes'] / lasting.load_s / 1000:.0f}"
        print(f"| {' | '.join(cells)} | {size} | {told['ended']} | {os.getloadavg()[0]:.1f} |", flush=True)


def heard(viewers: Partner) -> dict[str, int]:
    tell(viewers, "how many")
    assert viewers.stdout is not None
    told: dict[str, int] = json.loads(viewers.stdout.readline())
    return told


# --- the first load


def measure_first(home: Path, engine: Engine, lasting: Lasting) -> None:
    """Measure what a browser with nothing kept fetches for the overview."""
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("this part needs Debian's chromium: apt-get install chromium")
    with running(home) as web, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(base_url=f"http://127.0.0.1:{web.port}")
        name, _, value = web.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{web.port}"}])
        page = context.new_page()
        finished: list[Request] = []
        page.on("requestfinished", lambda request: finished.append(request))
        page.goto("/", wait_until="load")
        page.wait_for_timeout(2000)  # a font is asked for when a letter needs it
        sizes = [(request.url, request.sizes()) for request in finished]
        browser.close()
    fetched = {url: size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes}
    print("\n| first load of `/` | bytes on the wire, headers included |\n|---|---|")
    for url, size in fetched.items():
        print(f"| {url.split('/', 3)[-1].partition('?')[0] or 'the page'} | {size:,} |")
    total = sum(fetched.values())
    print(f"| all | {total:,}{'' if total <= GOAL_FIRST_KB * 1000 else ' (missed)'} |", flush=True)


# --- the workbook


def measure_workbook(home: Path, engine: Engine, lasting: Lasting) -> None:
    """Measure the workbook of all sites by a fresh web, and its memory before and at its highest."""
    with running(home) as web:
        Path(f"/proc/{web.pid}/clear_refs").write_text("5")  # the highest so far: a login takes 64 MiB for its password
        before_mb, before_s, began_s = highest_mb(web.pid), cpu_s(web.pid), time.monotonic()
        answer = web.get("/sites.xlsx?session=1")
        took_s, used_s, most_mb = time.monotonic() - began_s, cpu_s(web.pid) - before_s, highest_mb(web.pid)
    assert answer.status == 200
    late = "" if took_s <= GOAL_WORKBOOK_S else " (missed)"
    large = "" if most_mb <= GOAL_WORKBOOK_MB else " (missed)"
    print("\n| workbook | s | of a core, s | peak RSS, MB | before it | MB | load |\n|---|---|---|---|---|---|---|")
    size_mb = len(answer.body) / 1e6
    cells = (f"{took_s:.1f}{late}", f"{used_s:.1f}", f"{most_mb:.0f}{large}", f"{before_mb:.0f}", f"{size_mb:.1f}")
    print(f"| `/sites.xlsx` | {' | '.join(cells)} | {os.getloadavg()[0]:.1f} |", flush=True)


def highest_mb(pid: int) -> float:
    status = (Path("/proc") / str(pid) / "status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


MEASURE = {
    "pages": measure_pages,
    "mixed": measure_mixed,
    "viewers": measure_viewers,
    "first": measure_first,
    "workbook": measure_workbook,
}


if __name__ == "__main__":
    main()
