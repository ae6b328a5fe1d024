"""The demo's country: its units, one session 24 hours ahead, a small roster, a code for each site, a login."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import NamedTuple

from collector.store.migrate import migrate
from contract.languages import say
from provisioning import events, people, sheets
from provisioning.roster.apply import apply
from provisioning.roster.check import check
from provisioning.settings import Settings
from provisioning.store.engine import open_engine, writing
from provisioning.units.load import load_units

ROSTER = Path(__file__).with_name("demo_roster.csv")
HERE = "THPT-DONGVAN"  # the site of the roster that this machine enrols as
LOGIN = "noc"
UNITS_AS_OF = "2023-08-15"
STARTS_IN_S, LASTS_S = 24 * 3600, 4 * 3600


class Country(NamedTuple):
    """What the demo needs of the country it made."""

    sites: int
    here: str  # the name of this machine's site
    code: str  # and its enrolment code
    login: str
    password: str


def furnish(settings: Settings) -> Country:
    """Make the database and fill it through the same steps that people take; codes go to home/codes.csv."""
    engine = open_engine(settings.database)
    migrate(engine)
    now_us = time.time_ns() // 1000
    password = secrets.token_urlsafe(9)
    with writing(engine) as connection:
        load_units(connection)
        events.add_event(connection, "demo", say("Chạy thử", "Demo"), UNITS_AS_OF, 5.0, LOGIN, now_us)
        starts_at = now_us + STARTS_IN_S * 1_000_000
        session_id = events.add_session(
            connection,
            "demo",
            "demo",
            "Bộ gặp gỡ nhà giáo cả nước",
            starts_at,
            starts_at + LASTS_S * 1_000_000,
            LOGIN,
            now_us,
        )
        people.add_person(connection, LOGIN, "Ca trực VNPT", password, "noc", (), LOGIN, now_us)
        checked = check(connection, ROSTER.read_bytes(), session_id)
        if checked.problems:
            raise ValueError(f"{ROSTER.name}: {checked.problems}")
        apply(connection, checked.plan, session_id, LOGIN, now_us)
        made = sheets.make_codes(connection, settings, None, LOGIN, now_us)
        sheets.write_csv(settings.home / "codes.csv", made)
    engine.dispose()
    here = next(sheet for sheet in made if sheet.site == HERE)
    return Country(len(made), here.site_name, here.code, LOGIN, password)
