"""The demo's country, made by the steps that people take: units, event, rosters, codes, devices and accounts."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from collector.dashboard.names import short_unit
from collector.demo import confirmed, simulated
from collector.demo.model_event import HERE, UNITS_AS_OF, ModelEvent, model_event
from collector.store.migrate import migrate
from contract.clock import HOUR_US
from contract.languages import say
from provisioning import events, people, secret_files, sheets
from provisioning.moments import VIETNAM
from provisioning.roster.apply import apply
from provisioning.roster.check import check
from provisioning.roster.registry import read_places
from provisioning.roster.sites import Site
from provisioning.roster.write import write
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing
from provisioning.units.load import find_units, load_units, units_as_of

Tell = Callable[[str], None]

EVENT = "gap-go-2023"
SEED = 20230815
LOGIN = "noc"
LASTS_S = 5 * 3600 // 2
BITRATE_MBPS = 5.0
_OPEN_HOURS = 12
_SESSIONS = (  # code, name, hours until it starts
    ("morning", "Buổi sáng: Bộ gặp gỡ nhà giáo cả nước", 2),
    ("afternoon", "Buổi chiều: đại học và cao đẳng sư phạm", 5),
)
_PEOPLE = (  # login, name, duty, the units they reach
    (LOGIN, "Ca trực VNPT", "noc", ()),
    ("ministry", "Bộ Giáo dục và Đào tạo", "ministry", ()),
    ("province", "Sở Giáo dục và Đào tạo Hà Giang", "provincial", ("02",)),
    ("branch", "VNPT Nghệ An", "vnpt_branch", ("40",)),
)


class Account(NamedTuple):
    """Somebody who may log in, and by what."""

    login: str
    password: str
    duty: str
    units: str  # what they reach, by name; empty: the country


class Country(NamedTuple):
    """What the demo needs of the country it made."""

    sites: int
    here: str  # the name of this machine's site
    code: str  # and its enrolment code
    accounts: tuple[Account, ...]  # the NOC's first
    simulated: Path  # the folder of the other sites' devices


def furnish(settings: Settings, size: int, shape: str, tell: Tell, now_us: int) -> Country:
    """Make the database with so many sites; rosters, codes.csv, people.csv and simulated/ lie in home afterwards."""
    engine = open_engine(settings.database)
    migrate(engine)
    with writing(engine) as connection:
        load_units(connection)
        event = _draw(connection, size, shape, now_us)
        _add_event(connection, now_us)
        for (code, _, _), sites in zip(_SESSIONS, event, strict=True):
            _import(connection, settings.home / f"roster-{code}.csv", code, sites, now_us)
            tell(say(f"   danh sách {code}: {len(sites)} điểm cầu", f"   roster {code}: {len(sites)} sites"))
        _confirm_capacity(connection, event, now_us)
        accounts = _add_people(connection, now_us)
        made = sheets.make_codes(connection, settings, None, LOGIN, now_us)
        sheets.write_csv(settings.home / "codes.csv", made)
        tell(say("   cấp thiết bị cho các điểm cầu mô phỏng", "   credentials for the simulated sites' devices"))
        folder = simulated.prepare(connection, settings, event, made, SEED, now_us)
    engine.dispose()
    _write_people(settings.home / "people.csv", accounts)
    here = next(sheet for sheet in made if sheet.site == HERE)
    return Country(len(made), here.site_name, here.code, accounts, folder)


def _draw(connection: Connection, size: int, shape: str, now_us: int) -> ModelEvent:
    units = {row.id: row for row in units_as_of(connection, UNITS_AS_OF)}
    inside = [row for row in units.values() if row.parent_id is not None]
    unit_ids = {(units[row.parent_id].code, row.name): row.id for row in inside}
    return model_event(size, shape, SEED, unit_ids, _open_now(now_us))


def _open_now(now_us: int) -> str:
    """Return hours that hold now and through both sessions: at night, too, a demo's sites are open."""
    opens = datetime.fromtimestamp(now_us / 1e6, VIETNAM) - timedelta(hours=2)
    return f"T2-CN {opens:%H}:00-{opens + timedelta(hours=_OPEN_HOURS):%H}:00"


def _add_event(connection: Connection, now_us: int) -> None:
    name = say("Gặp gỡ nhà giáo cả nước, 15/8/2023 (chạy thử)", "Meeting the nation's teachers, 15 August 2023 (demo)")
    events.add_event(connection, EVENT, name, UNITS_AS_OF, BITRATE_MBPS, LOGIN, now_us)
    for code, title, hours in _SESSIONS:
        starts_at = now_us + hours * HOUR_US
        events.add_session(connection, EVENT, code, title, starts_at, starts_at + LASTS_S * 1_000_000, LOGIN, now_us)


def _import(connection: Connection, file: Path, session_code: str, sites: tuple[Site, ...], now_us: int) -> None:
    """Write the sites as a roster, and bring that file in as anybody's."""
    file.write_bytes(write(sites, read_places(connection)))
    session_id = events.find_session(connection, session_code, now_us)
    checked = check(connection, file.read_bytes(), session_id)
    if checked.problems:
        raise ValueError(f"{file.name}: {checked.problems[:5]}")
    apply(connection, checked.plan, session_id, LOGIN, now_us)


def _confirm_capacity(connection: Connection, event: ModelEvent, now_us: int) -> None:
    units = {row.id: row for row in units_as_of(connection, UNITS_AS_OF)}
    tops = {id_: units[row.parent_id or id_] for id_, row in units.items()}
    provinces = {id_: (top.id, top.code, short_unit(top.name)) for id_, top in tops.items()}
    session_id = events.find_session(connection, _SESSIONS[0][0], now_us)
    confirmed.confirm(connection, session_id, event.morning, provinces, BITRATE_MBPS, now_us)


def _add_people(connection: Connection, now_us: int) -> tuple[Account, ...]:
    places: Mapping[int, tuple[str, str]] = read_places(connection)
    accounts = []
    for login, name, duty, codes in _PEOPLE:
        password = secrets.token_urlsafe(9)
        unit_ids = find_units(connection, codes)
        people.add_person(connection, login, name, password, duty, unit_ids, LOGIN, now_us)
        accounts.append(Account(login, password, duty, ", ".join(places[unit_id][0] for unit_id in unit_ids)))
    return tuple(accounts)


def _write_people(file: Path, accounts: tuple[Account, ...]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([Account._fields, *accounts])
    secret_files.write(file, text.getvalue().encode("utf-8-sig"))
