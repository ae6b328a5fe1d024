"""A small country as the intake leaves it, and browsers that look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine, insert, select, update
from starlette.testclient import TestClient

from collector.dashboard import boards, readings
from collector.dashboard.app import build_app
from collector.intake.arrival import Arrival
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from contract import wire
from provisioning.settings import Settings
from provisioning.store.engine import writing
from provisioning.store.tables import contact, person, site

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOSTILE = "<img src=x onerror=alert(1)>"
PASSWORD = "mat-khau-dai"


@dataclass
class Nation:
    """The sites' participations by the name they are known by in the tests."""

    engine: Engine
    session_id: int
    slow: int
    hostile: int
    good: int
    silent: int


@pytest.fixture(scope="session")
def password_hash() -> str:
    """The verifier of PASSWORD, made once because it is slow on purpose."""
    return PasswordHash((Argon2Hasher(),)).hash(PASSWORD)


@pytest.fixture
def nation(country: Any, now: int, password_hash: str) -> Nation:
    """Four schools: one whose upload fails, one with a hostile name and jitter, a good one, one never judged."""
    slow = country.site("Trường THPT Nguyễn Huệ", role="interactive")
    hostile = country.site(HOSTILE, carrier="viettel")
    good = country.site("Trường Tiểu học Đất Mũi")
    silent = country.site("Trường THCS Kỳ Sơn", medium="mytv")
    first = country.device("d-00000001", "Trường THPT Nguyễn Huệ")
    second = country.device("d-00000002", HOSTILE)
    third = country.device("d-00000003", "Trường Tiểu học Đất Mũi")
    poison = f'{{"v":1,"device":"{HOSTILE}"\u202e'.encode()
    ingest(
        country.engine,
        [
            first.presence("connected", at=now),
            first.snapshot(at=now),
            first.report(1, first.body(line={"upload_mbps": 0.1})),
            second.report(1, second.body(path={"jitter_ms": 75.0})),
            third.report(1),
            third.report(2, poison),
            Arrival(wire.topic_for(third.name, "report"), f"no frame {HOSTILE}".encode(), now),
        ],
        POLICY,
        now,
    )
    with writing(country.engine) as connection:
        for number, code in enumerate(("SLOW000", "HOSTILE", "GOOD000", "SILENT0"), start=1):
            connection.execute(update(site).where(site.c.id == number).values(code=code))
        connection.execute(insert(contact).values(site_id=1, name="Bình", phone="0912 345 678"))
        for login, duty in (("ministry", "ministry"), ("viewer", "viewer")):
            values = {"login": login, "name": f"{login} <b>", "password": password_hash, "duty": duty}
            connection.execute(insert(person).values(values))
    return Nation(country.engine, country.session_id, slow, hostile, good, silent)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def app(nation: Nation, home: Path, now: int, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    for kept in (boards, readings):
        monkeypatch.setattr(kept, "GAP_S", 0.0)  # a page shows what has just been taken in
    return build_app(nation.engine, Settings(home=home), now=lambda: now)


@pytest.fixture
def stranger(app: FastAPI) -> Iterator[TestClient]:
    """A browser of somebody who has not logged in."""
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        yield client


@pytest.fixture
def log_in() -> Callable[[TestClient, str], TestClient]:
    """A function that logs a browser in as this person."""

    def enter(client: TestClient, login: str) -> TestClient:
        answer = client.post("/login", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303
        return client

    return enter


@pytest.fixture
def browser(stranger: TestClient, log_in: Callable[[TestClient, str], TestClient]) -> TestClient:
    """A browser of somebody at the ministry, who has logged in."""
    return log_in(stranger, "ministry")


@pytest.fixture
def report_of(nation: Nation) -> Callable[[str], int]:
    """A function that returns the id of the report that a device sent."""
    from collector.store.tables import report
    from provisioning.store.tables import device

    def find(name: str) -> int:
        query = select(report.c.id).join(device, device.c.id == report.c.device_id).where(device.c.name == name)
        with nation.engine.connect() as connection:
            return int(connection.execute(query).scalars().one())

    return find
