"""The demo's country is made by the steps that people take."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from collector.demo.country import Country, furnish
from collector.demo.model_event import SCHOOLS
from collector.demo.simulated import BY_CODE
from collector.simulator.files import Folder
from provisioning import authority, events, people
from provisioning.roster.check import check
from provisioning.settings import Settings
from provisioning.store.engine import open_engine
from provisioning.store.tables import backup, capacity, device, participation, person_scope, session, site, unit

SITES = 200
EXAMPLE = Path(__file__).parents[3] / "docs" / "example-roster.csv"


class Made(NamedTuple):
    home: Path
    settings: Settings
    country: Country
    at_us: int


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    home, at_us = tmp_path_factory.mktemp("home"), time.time_ns() // 1000
    settings = Settings(home=home, enrolment_port=18443, is_demo=True)
    return Made(home, settings, furnish(settings, SITES, SCHOOLS, lambda line: None, at_us), at_us)


def rows(file: Path) -> list[dict[str, str]]:
    assert file.stat().st_mode & 0o777 == 0o600
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))


def test_its_codes_lie_in_the_same_sheet_that_sites_are_given(made: Made) -> None:
    codes = rows(made.home / "codes.csv")
    assert len(codes) == made.country.sites == SITES
    here = next(row for row in codes if row["Điểm cầu"] == made.country.here)
    assert here["Mã đăng ký"] == made.country.code
    assert here["Địa chỉ máy chủ"] == "https://127.0.0.1:18443"
    assert here["Dấu vân tay của máy chủ"] == authority.fingerprint((made.home / "ca" / "ca.pem").read_bytes())


def test_two_sessions_begin_in_two_and_in_five_hours(made: Made) -> None:
    with open_engine(made.settings.database).connect() as connection:
        starts = {code: at for code, at in connection.execute(select(session.c.code, session.c.starts_at))}
        speaking = Counter(
            connection.scalars(
                select(session.c.code)
                .join(participation, participation.c.session_id == session.c.id)
                .where(participation.c.role == "interactive")
            )
        )
    assert {code: (at - made.at_us) / 3600e6 for code, at in starts.items()} == {"morning": 2, "afternoon": 5}
    assert speaking["morning"] == 68


def test_its_rosters_brought_in_again_change_nothing(made: Made) -> None:
    with open_engine(made.settings.database).connect() as connection:
        for code in ("morning", "afternoon"):
            session_id = events.find_session(connection, code, made.at_us)
            checked = check(connection, (made.home / f"roster-{code}.csv").read_bytes(), session_id)
            assert checked.problems == ()
            assert checked.plan.is_empty


def test_the_example_of_a_roster_in_the_documents_can_be_brought_in(made: Made) -> None:
    with open_engine(made.settings.database).connect() as connection:
        session_id = events.find_session(connection, "morning", made.at_us)
        assert check(connection, EXAMPLE.read_bytes(), session_id).problems == ()


def test_four_people_may_log_in_and_two_of_them_see_a_province(made: Made) -> None:
    with open_engine(made.settings.database).connect() as connection:
        for account in rows(made.home / "people.csv"):
            found = people.check_login(connection, account["login"], account["password"])
            assert found is not None
            query = select(unit.c.name).join(person_scope, person_scope.c.unit_id == unit.c.id)
            reached = connection.scalars(query.where(person_scope.c.person_id == found.id)).all()
            assert ", ".join(reached) == account["units"]
            assert bool(reached) == (account["duty"] not in ("noc", "ministry"))


def test_all_but_this_machines_site_are_simulated_and_twenty_enrol_by_their_code(made: Made) -> None:
    folder = Folder(made.country.simulated)
    assert len(folder.codes()) == BY_CODE
    with open_engine(made.settings.database).connect() as connection:
        spares = connection.scalar(select(func.count()).where(device.c.is_spare)) or 0
        fall_back = select(backup.c.participation_id).where(backup.c.kind == "device")
        of_sites = select(participation.c.site_id).where(participation.c.id.in_(fall_back)).distinct()
        assert spares == len(connection.scalars(of_sites).all()) > 60
    assert len(folder.devices()) == SITES - 1 - BY_CODE + spares
    assert len(folder.traits()) == SITES - 1 + spares
    assert made.country.code not in {one.code for one in folder.codes()}
    with open_engine(made.settings.database).connect() as connection:
        assert connection.scalar(select(func.count()).select_from(device)) == SITES - 1 - BY_CODE + spares


def test_the_centre_is_told_nothing_of_who_is_simulated(made: Made) -> None:
    with open_engine(made.settings.database).connect() as connection:
        for table in (site, device):
            text = json.dumps([dict(row) for row in connection.execute(select(table)).mappings()], default=str)
            assert "simulat" not in text
            assert "mô phỏng" not in text


def test_vnpt_has_confirmed_what_it_carries_into_some_provinces_and_not_into_others(made: Made) -> None:
    with open_engine(made.settings.database).connect() as connection:
        confirmed = set(connection.scalars(select(capacity.c.unit_id)))
        assert 15 <= len(confirmed) <= 30
        assert all(connection.scalars(select(capacity.c.confirmed_by)))
