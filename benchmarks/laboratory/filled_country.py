"""Fills a database with a country as a day of work leaves it: the registry by its own import, the rest by ingest.

Sites, lines, contacts and parts are those of the model event, brought in as a roster; each device's messages go
through ingest, which judges. Only passwords are left out (their verifiers take a minute), and the hours of a month
are written for some devices alone: for all of them they would be 140 million rows.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from collector.demo.model_event import SCHOOLS, UNITS_AS_OF, model_event
from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.intake.sweep import has_judged_all, sweep
from collector.judge.policy import Policy
from collector.simulator.scenario import SCENARIOS, cast
from collector.store import counters, policies
from collector.store.intake.rollups import HEARD, METRICS
from collector.store.migrate import migrate
from collector.store.tables import rollup
from contract.clock import HOUR_US
from laboratory.country_devices import Known, Speaker, known
from provisioning import credentials, events, identifiers, people
from provisioning.enrolment import new_row
from provisioning.roster.apply import apply
from provisioning.roster.check import check
from provisioning.roster.registry import read_places
from provisioning.roster.sites import Site
from provisioning.roster.write import write
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing
from provisioning.store.rows import insert
from provisioning.store.tables import change, device, site
from provisioning.units.load import load_units, units_as_of

LOGIN, PASSWORD = "noc", "mat-khau-dai"
SEED = 20230815
MONTH_H = 30 * 24
REMEMBERED = 200  # devices that have a month of hours
_AT_ONCE = 400  # devices whose messages are one transaction
_AWAY = {"never": 0.03, "stopped": 0.02, "asleep": 0.02, "lost": 0.02}  # shares; the others are connected
_CUT_DISTRICT = 7  # sites of the district in this place are lost within ten seconds

Tell = Callable[[str], None]


@contextmanager
def filled(home: Path | None, sites: int, tell: Tell) -> Iterator[Path]:
    """Yield the home of a centre whose database is filled; the one that is given is kept for another run."""
    folder = home or Path(tempfile.mkdtemp(prefix="filled-"))
    try:
        if not (folder / "filled").exists():
            for name in ("db", "secrets"):
                (folder / name).mkdir(parents=True, mode=0o700)
            tell(f"filling {folder} with {sites} sites, some minutes")
            fill(Settings(home=folder), sites, tell)
            (folder / "filled").touch()
        yield folder
    finally:
        if home is None:
            shutil.rmtree(folder)


def fill(settings: Settings, size: int, tell: Tell) -> None:
    """Make the database of the settings, with so many sites in its first session."""
    engine = open_engine(settings.database, checkpoints=True)
    migrate(engine)
    now = time.time_ns() // 1000
    with writing(engine) as connection:
        load_units(connection)
        people.add_person(connection, LOGIN, "Ca trực VNPT", PASSWORD, "noc", (), "bench", now)
        _register(connection, size, now)
        tell("registry imported")
        _admit(connection, now)
        policy = policies.load(connection, policies.live_text(connection), "bench", now)
    _hear(engine, policy, now, tell)
    with writing(engine) as connection:
        _remember(connection, now)
        newest = connection.scalar(select(func.max(change.c.id))) or 0
        counters.put(connection, counters.SWEPT, newest)  # all is judged already, but those never heard of
    is_over = False
    while not is_over:
        sweep(engine, policy, now)
        with engine.connect() as connection:
            is_over = has_judged_all(connection, now)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _register(connection: Connection, size: int, now: int) -> None:
    """Import the model event: in the morning every site of it, universities watching, in the afternoon those alone."""
    units = {row.id: row for row in units_as_of(connection, UNITS_AS_OF)}
    inside = [row for row in units.values() if row.parent_id is not None]
    unit_ids = {(units[row.parent_id].code, row.name): row.id for row in inside}
    drawn = model_event(size, SCHOOLS, SEED, unit_ids)
    keys = {one.key for one in drawn.morning}
    alike: dict[str, Any] = {"role": "view", "speaking_order": None, "backup": None}
    watching = [replace(one, **alike) for one in drawn.afternoon if one.key not in keys]
    events.add_event(connection, "bench", "Gặp gỡ nhà giáo cả nước", UNITS_AS_OF, 5.0, "bench", now)
    for nth, (code, name, sites) in enumerate(
        (
            ("morning", "Buổi sáng: Bộ gặp gỡ nhà giáo cả nước", (*drawn.morning, *watching)),
            ("afternoon", "Buổi chiều: đại học và cao đẳng sư phạm", drawn.afternoon),
        )
    ):
        starts_at = now + (24 + 4 * nth) * HOUR_US
        events.add_session(connection, "bench", code, name, starts_at, starts_at + 3 * HOUR_US, "bench", now)
        _import(connection, code, sites, now)


def _import(connection: Connection, session_code: str, sites: tuple[Site, ...], now: int) -> None:
    session_id = events.find_session(connection, session_code, now)
    checked = check(connection, write(sites, read_places(connection)), session_id)
    if checked.problems:
        raise SystemExit(f"{session_code}: {checked.problems[:5]}")
    apply(connection, checked.plan, session_id, "bench", now)


def _admit(connection: Connection, now: int) -> None:
    """Give each site a device."""
    verifiers, names = credentials.make_verifiers("nobody's password"), _names()
    site_ids = connection.scalars(select(site.c.id).order_by(site.c.id))
    enrolled_at = now - MONTH_H * HOUR_US
    rows = [new_row(next(names), site_id, verifiers, None, enrolled_at, is_first=True) for site_id in site_ids]
    insert(connection, device, rows)


def _names() -> Iterator[str]:
    given: set[str] = set()
    while True:
        name = identifiers.new_device()
        if name not in given:
            given.add(name)
            yield name


def _hear(engine: Engine, policy: Policy, now: int, tell: Tell) -> None:
    """Let ingest take in what the devices have said: connected, reports, a snapshot, and where they are now."""
    chance = random.Random(SEED)
    with engine.connect() as connection:
        devices = known(connection)
    cut_unit = sorted({one.unit_id for one in devices})[_CUT_DISTRICT]
    plays = zip(devices, cast(SCENARIOS["country"], SEED, [one.traits for one in devices]), strict=True)
    heard = 0
    while some := list(islice(plays, _AT_ONCE)):
        said = (_said(one, play, policy, now, chance, is_cut=one.unit_id == cut_unit) for one, play in some)
        ingest(engine, list(chain.from_iterable(said)), policy, now)
        heard += len(some)
        if heard % (10 * _AT_ONCE) == 0:
            tell(f"{heard} of {len(devices)} devices heard")


def _said(one: Known, play: str, policy: Policy, now: int, chance: random.Random, *, is_cut: bool) -> Iterable[Arrival]:
    speaker, spool_id = Speaker(one, play, policy, now, chance), f"{one.id:016x}"
    states = ("connected", *_AWAY)
    state = chance.choices(states, (1 - sum(_AWAY.values()), *_AWAY.values()))[0]
    if state == "never" and not is_cut:
        return
    came_s = chance.uniform(3000.0, 30_000.0)
    yield speaker.presence("connected", came_s)
    reports = list(speaker.reports(spool_id, 1, chance.uniform(100.0, 2900.0)))
    yield from reports
    yield speaker.snapshot(spool_id, len(reports), chance.uniform(1.0, 60.0))
    if is_cut or state != "connected":
        ago_s = chance.uniform(0.2, 10.0) if is_cut else chance.uniform(0.0, 1.0) * came_s
        yield speaker.presence("lost" if is_cut else state, ago_s)


def _remember(connection: Connection, now: int) -> None:
    """Write a month of hours for some devices."""
    ids = connection.scalars(select(device.c.id).order_by(func.random()).limit(REMEMBERED)).all()
    chance, last_at = random.Random(SEED), now - now % HOUR_US - HOUR_US
    for hour in range(MONTH_H):
        at = last_at - (MONTH_H - 1 - hour) * HOUR_US
        insert(connection, rollup, [row for id_ in ids for row in _hour(at, id_, chance, has_test=not hour % 12)])


def _hour(at: int, device_id: int, chance: random.Random, *, has_test: bool) -> Iterator[dict[str, object]]:
    whose = {"hour_at": at, "device_id": device_id}
    yield {**whose, "metric": HEARD, "n": 60, "least": 0.0, "mean": 0.5, "most": 1.0}
    for metric in METRICS if has_test else METRICS[:3]:
        mean = chance.uniform(5.0, 20.0)
        yield {**whose, "metric": metric, "n": 60, "least": mean * 0.8, "mean": mean, "most": mean * 1.4}
