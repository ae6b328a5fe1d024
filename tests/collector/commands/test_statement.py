"""The statement from the terminal: one makes it, one proposes it by the password, another approves it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from collector.cli import main
from collector.store.migrate import migrate
from collector.store.tables import statement
from provisioning import people
from provisioning.store.engine import open_engine, writing
from provisioning.store.tables import event, participation, provider, session, site, unit

PASSWORD = "mat-khau-dai"
Cli = Callable[..., Any]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A function that runs the command on a country of one site."""
    monkeypatch.setenv("DIEMCAU_HOME", str(tmp_path))
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    (tmp_path / "db").mkdir(mode=0o700)
    engine = open_engine(f"sqlite:///{tmp_path / 'db' / 'diemcau.db'}", checkpoints=True)
    migrate(engine)
    now_us = time.time_ns() // 1000
    with writing(engine) as connection:
        rows = (
            (unit, {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2020-01-01"}),
            (provider, {"code": "vnpt", "name": "VNPT"}),
            (event, {"code": "e", "name": "Gặp mặt", "units_as_of": "2023-08-15"}),
            (session, {"event_id": 1, "code": "s", "name": "Buổi sáng", "starts_at": now_us, "ends_at": now_us * 2}),
            (site, {"code": "S000001", "name": "Trường A", "unit_id": 1, "created_at": 0}),
            (participation, {"session_id": 1, "site_id": 1, "role": "view", "medium": "pc", "seats": 40}),
        )
        for table, values in rows:
            connection.execute(insert(table).values(**values))
        for login, name, duty in (("noc", "Lan", "noc"), ("ministry", "Minh", "ministry")):
            people.add_person(connection, login, name, PASSWORD, duty, (), "test", now_us)
    engine.dispose()

    def run(*arguments: object, typed: str = "") -> Any:
        return CliRunner().invoke(main, ["statement", *map(str, arguments)], input=typed)

    return run


def test_it_is_made_proposed_by_one_and_approved_by_another(cli: Cli) -> None:
    made = cli("make")
    assert made.exit_code == 0, made.output
    number, sha256 = made.stdout.split()
    assert cli("approve", number, "--login", "ministry", typed=PASSWORD).exit_code == 1
    assert cli("propose", number, "--login", "noc", typed="sai").exit_code == 1
    assert cli("propose", number, "--login", "noc", typed=PASSWORD).exit_code == 0
    assert cli("approve", number, "--login", "noc", typed=PASSWORD).exit_code == 1
    assert cli("approve", number, "--login", "ministry", typed=PASSWORD).exit_code == 0
    assert cli("list").stdout == f"{number}\tlive\tcountry\tapproved\t{sha256[:16]}\n"
    shown = cli("show", number).stdout
    assert "40 seats" in shown
    assert "Lan" in shown
    assert "Minh" in shown


def test_nobody_signs_a_body_that_was_changed(cli: Cli, tmp_path: Path) -> None:
    number = cli("make").stdout.split()[0]
    engine = open_engine(f"sqlite:///{tmp_path / 'db' / 'diemcau.db'}", checkpoints=True)
    with writing(engine) as connection:
        connection.execute(statement.update().values(body="{}"))
    engine.dispose()
    refused = cli("propose", number, "--login", "noc", typed=PASSWORD)
    assert refused.exit_code == 1
    assert "was changed in the database" in refused.output


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF"), ("docx", b"PK"), ("xlsx", b"PK"), ("json", b"{")])
def test_every_form_is_written_to_a_file(cli: Cli, tmp_path: Path, form: str, begins: bytes) -> None:
    number = cli("make").stdout.split()[0]
    file = tmp_path / f"statement.{form}"
    assert cli("export", number, "--form", form, "--to", file).exit_code == 0
    assert file.read_bytes().startswith(begins)


def test_the_hash_that_is_printed_is_that_of_the_body(cli: Cli, tmp_path: Path) -> None:
    number, sha256 = cli("make").stdout.split()
    file = tmp_path / "statement.json"
    cli("export", number, "--form", "json", "--to", file)
    body = json.loads(file.read_text(encoding="utf-8"))["body"]
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == sha256
