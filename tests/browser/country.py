"""A country of some 300 sites as the intake leaves it, judged by the real rules, for real browsers to look at."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.orm import aliased

from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.needs import needs
from collector.judge.policy import SEED, Policy
from collector.simulator.files import Traits
from collector.simulator.machine import Machine
from collector.simulator.nature import draw
from collector.simulator.plays import dress
from collector.store import pulse
from collector.store.intake import rollups
from collector.store.intake.rollups import HEARD, Rollup
from collector.store.migrate import migrate
from collector.store.queries.capacity import capacities
from collector.store.scope import country
from collector.store.tables import report
from contract import wire
from provisioning import secret_files, site_links
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing
from provisioning.store.tables import (
    backup,
    capacity,
    contact,
    device,
    event,
    line,
    participation,
    person,
    person_scope,
    provider,
    session,
    site,
    unit,
)
from provisioning.units.load import find_units, load_units
from tests.browser import earlier

PASSWORD = "mat-khau-dai"
HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
PEOPLE = (
    ("noc", "Ca trực VNPT", ()),
    ("provincial", "Sở Hà Giang", ("02",)),
    ("vnpt_branch", "VNPT Nghệ An", ("40",)),
    ("ministry", "Vụ Công nghệ thông tin", ()),
)
_CUT_IN = "02"  # the province of whose districts one is without a line
_PROBES = ("host", "network", "software", "clock", "camera", "sound", "display", "power", "path", "line")
_SITES_OF_A_PROVINCE = 5  # the first is interactive
_SECOND, _HOUR = 1_000_000, 3_600_000_000
_PROVIDERS = {"vnpt": "VNPT", "viettel": "Viettel", "fpt": "FPT Telecom"}
_SCHOOLS = ("THPT Nguyễn Huệ", "THCS Kỳ Sơn", "Tiểu học Đất Mũi", "Mầm non Hoa Sen", "Phổ thông Dân tộc Nội trú")
_PLAYS = ("good", "good", "weak_line", "good", "bad_equipment", "good", "good", "wrong_line", "good", "clock_chaos")
_AWAY = {11: "stopped", 17: "asleep", 23: "lost", 29: "never"}  # every so many sites


class Filled(NamedTuple):
    """What tests need to name of the country."""

    sites: int
    hostile: str  # the code of a site, as the next two
    weak: str
    bare: str  # never heard of
    district: str  # the code of one that is cut off
    report_id: int  # of the hostile site
    hostile_token: str  # opens the site's own page
    weak_token: str
    bare_token: str


class _Place(NamedTuple):
    """A site of the country, before it is one."""

    id: int
    name: str
    unit_id: int
    role: str
    play: str
    state: str  # of its device


def fill(settings: Settings) -> Filled:
    """Make the database of the settings."""
    engine = open_engine(settings.database, checkpoints=True)
    migrate(engine)
    now, chance, policy = time.time_ns() // 1000, random.Random(15), load_policy(SEED.read_text(encoding="utf-8"))
    with writing(engine) as connection:
        load_units(connection)
        _add_people(connection)
        places = list(_places(connection))
        carriers = chance.choices((1, 2, 3), (3, 1, 1), k=len(places))
        _register(connection, places, carriers, now)
        earlier.announce(connection, now)
    earlier.begin_dry_run(engine, settings, now - 400 * _SECOND)
    heard = (_heard(*each, policy, now, chance) for each in zip(places, carriers, strict=True))
    ingest(engine, list(chain.from_iterable(heard)), policy, now)
    with writing(engine) as connection:
        edges = [{"url": f"mqtts://dc-{number}.vnpt.vn:8883", "is_connected": number != 3} for number in range(1, 5)]
        pulse.beat(connection, pulse.INGEST, {"waiting": 0, "lag_ms": 12, "edges": edges}, now)
        _remember(connection, next(p for p in places if p.play == "weak_line" and p.state == "connected"), now, chance)
        filled = _describe(connection, settings, places)
        earlier.make_statements(connection, now)
    earlier.make_other_dry_runs(engine, settings, now)
    engine.dispose()
    return filled


def _add_people(connection: Connection) -> None:
    verifier = PasswordHash((Argon2Hasher(),)).hash(PASSWORD)
    for number, (duty, name, codes) in enumerate(PEOPLE, 1):
        connection.execute(insert(person).values(id=number, login=duty, name=name, password=verifier, duty=duty))
        for unit_id in find_units(connection, codes):
            connection.execute(insert(person_scope).values(person_id=number, unit_id=unit_id))


def _places(connection: Connection) -> Iterator[_Place]:
    """Draw the sites: in each province an interactive one and four schools, and seven in the district that is cut."""
    district = aliased(unit)
    first = select(unit.c.code, unit.c.name, func.min(district.c.id)).join(district, district.c.parent_id == unit.c.id)
    number = 0
    for code, name, unit_id in connection.execute(first.group_by(unit.c.id).order_by(unit.c.code)):
        short = name.removeprefix("Tỉnh ").removeprefix("Thành phố ")
        for nth in range(_SITES_OF_A_PROVINCE + 2 * (code == _CUT_IN)):
            number += 1
            role = "view" if nth else "interactive"
            called = f"Trường {_SCHOOLS[nth % 5]} {short}" if nth else f"Sở Giáo dục và Đào tạo {short}"
            state = next((state for every, state in _AWAY.items() if number % every == 0), "connected")
            state = "cut" if nth and code == _CUT_IN else state
            is_hostile = number % 41 == 3 or (nth == 1 and code == _CUT_IN)
            play = "hostile" if is_hostile else _PLAYS[number % len(_PLAYS)]
            yield _Place(number, f"{HOSTILE} {number}" if is_hostile else called, unit_id, role, play, state)


def _register(connection: Connection, places: list[_Place], carriers: list[int], now: int) -> None:
    def add(table: Table, values: list[dict[str, Any]]) -> None:
        connection.execute(insert(table), values)

    add(provider, [{"id": n, "code": code, "name": name} for n, (code, name) in enumerate(_PROVIDERS.items(), 1)])
    called = {"name": "Bộ trưởng gặp gỡ nhà giáo cả nước", "units_as_of": "2023-08-15", "bitrate_mbps": 5.0}
    add(event, [{"id": 1, "code": "model", **called}])
    for n, code, name, hours in (
        (1, "morning", "Buổi sáng: Bộ gặp gỡ nhà giáo cả nước", 2),
        (2, "afternoon", "Buổi chiều: đại học và cao đẳng sư phạm", 5),
    ):
        times = {"starts_at": now + hours * _HOUR, "ends_at": now + (hours + 2) * _HOUR}
        add(session, [{"id": n, "event_id": 1, "code": code, "name": name, **times}])
    package = {"download_mbps": 80.0, "upload_mbps": 80.0, "paid_by": "site", "kind": "fibre"}
    add(line, [{"id": p.id, "provider_id": carriers[p.id - 1], "code": f"FTTH-{p.id:05d}", **package} for p in places])
    alike = {"created_at": now - 30 * 24 * _HOUR, "hours": "T2-CN 00:00-24:00", "address": "Số 1, đường Hùng Vương"}
    at = [{"id": p.id, "code": _code(p), "name": p.name, "unit_id": p.unit_id, "line_id": p.id} for p in places]
    add(site, [{**one, **alike} for one in at])
    add(contact, [{"site_id": p.id, "name": "Nguyễn Thị Bình", "phone": f"0912 000 {p.id:03d}"} for p in places])
    parts = [{"site_id": p.id, "role": p.role, "medium": "pc", "seats": 20 + p.id % 90} for p in places]
    add(participation, [{**one, "session_id": 1} for one in parts])
    add(participation, [{**one, "session_id": 2} for one in parts[::4]])
    alike = {"state": "active", "is_spare": False, "generation": 1, "bcrypt": "", "pbkdf2": "", "enrolled_at": now}
    add(device, [{"id": p.id, "name": _device(p), "site_id": p.id, **alike} for p in places if p.state != "never"])
    _let_speak(connection)
    _confirm(connection, now)


def _let_speak(connection: Connection) -> None:
    """Have two in three of those who are seen speak, in both sessions; each has a backup, but for the last."""
    parts = connection.execute(select(participation).where(participation.c.role == "interactive")).all()
    for n, part in enumerate(parts, 1):
        if n % 3:
            order = update(participation).where(participation.c.id == part.id).values(speaking_order=n)
            connection.execute(order)
        behind = {"kind": "venue", "venue_id": part.site_id + 1} if n % 2 else {"kind": "device", "venue_id": None}
        if part is not parts[-1]:
            connection.execute(insert(backup).values(participation_id=part.id, **behind))
    connection.execute(update(session).where(session.c.id == 2).values(speaking=65))


def _confirm(connection: Connection, now: int) -> None:
    """Have VNPT confirm the capacity of every second province."""
    told = {"confirmed_by": "Bà Hoàng Thị Mai", "confirmed_at": now - _HOUR, "note": f"Công văn 118 {HOSTILE}"}
    for session_id in (1, 2):
        for row in capacities(country(connection), session_id)[::2]:
            values = {
                **row.key._asdict(),
                "confirmed_mbps": row.needed.peak_mbps * (1.2 if row.key.unit_id % 3 else 0.8),
            }
            connection.execute(insert(capacity).values(session_id=session_id, **values, **told))


def _code(place: _Place) -> str:
    return f"S{place.id:06d}"


def _device(place: _Place) -> str:
    return f"d-{place.id:08d}"


def _heard(place: _Place, carrier: int, policy: Policy, now: int, chance: random.Random) -> Iterator[Arrival]:
    """Return what came from a device: connected, its reports, a snapshot, and what it is now."""
    if place.state == "never":
        return
    name, spool_id = _device(place), f"{place.id:016x}"
    traits = Traits(device=name, role=place.role, provider=list(_PROVIDERS)[carrier - 1])
    playing = dress(place.play, draw(traits, needs(policy, place.role, "pc", 5.0), chance), chance)
    machine = Machine(name, playing.nature, chance, 0.0, now / 1e6)

    def arrival(kind: str, payload: bytes, ago_s: float) -> Arrival:
        return Arrival(wire.topic_for(name, kind), payload, now - int(ago_s * _SECOND))

    yield arrival("presence", wire.encode(wire.Presence(1, "connected")), 3000)
    bodies = [
        machine.report(-age_s, "schedule", _PROBES, (), is_cut=False) for age_s in (*playing.earlier_tests_s, 240.0)
    ]
    bodies += [b'{"v": 1, "device": "<script>"'] if place.play == "hostile" else []
    sent = machine.now(-200.0)
    for seq, body in enumerate(bodies, 1):
        frame = wire.Frame(spool_id, seq, len(bodies), len(bodies) - seq, 0, 0, *sent)
        yield arrival("report", wire.encode_report(frame, body), 200)
    if place.play == "hostile":
        yield arrival("report", f"no frame {HOSTILE}".encode(), 190)
    reading = machine.readings(chance, is_cut=False)
    counters = (spool_id, len(bodies), 0, 0, 0)
    yield arrival("snapshot", wire.encode(wire.Snapshot(1, *sent, *counters, 3600, *reading, ())), 60)
    if place.state != "connected":
        state = "lost" if place.state == "cut" else place.state
        yield arrival("presence", wire.encode(wire.Presence(1, state)), 50 + place.id % 5)


def _remember(connection: Connection, place: _Place, now: int, chance: random.Random) -> None:
    """Give a device the hours of its last day, four of which it was away."""
    connection.execute(update(device).where(device.c.id == place.id).values(enrolled_at=now - 48 * _HOUR))
    hours = [now - now % _HOUR - ago * _HOUR for ago in range(1, 24) if not 8 <= ago < 12]
    kept = [Rollup(at, place.id, HEARD, 120, 0.0, 0.5, 1.0) for at in hours]
    kept += [
        Rollup(at, place.id, metric, 120, 0.7 * mean, mean * chance.uniform(0.9, 1.1), 1.6 * mean)
        for at in hours
        for metric, mean in (("rtt_ms", 38.0), ("jitter_ms", 1.1), ("loss_pct", 0.2))
    ]
    kept += [Rollup(hours[-2], place.id, "download_mbps", 1, 4.6, 4.6, 4.6)]
    rollups.save(connection, kept)


def _describe(connection: Connection, settings: Settings, places: list[_Place]) -> Filled:
    def first(**wanted: str) -> _Place:
        return next(p for p in places if all(getattr(p, name) == value for name, value in wanted.items()))

    hostile = first(play="hostile", state="connected")
    codes = [_code(p) for p in (hostile, first(play="weak_line", state="connected"), first(state="never"))]
    of_hostile = select(func.min(report.c.id)).where(report.c.device_id == hostile.id)
    of_cut = select(unit.c.code).where(unit.c.id == first(state="cut").unit_id)
    key = secret_files.key(settings.folder("secrets"), site_links.KEY)
    tokens = (site_links.token(key, code, 0) for code in codes)
    found = (connection.execute(query).scalar_one() for query in (of_cut, of_hostile))
    return Filled(len(places), *codes, *found, *tokens)
