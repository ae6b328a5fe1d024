"""A small country behind the command lines."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, insert

from collector.cli import main
from provisioning.store.engine import open_engine, writing
from provisioning.store.tables import event, participation, provider, session, site, unit

Cli = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite: Path) -> Iterator[Engine]:
    """The database of a centre that does not run, with a province and one school that watches."""
    monkeypatch.setenv("DIEMCAU_HOME", str(tmp_path))
    monkeypatch.setenv("DIEMCAU_LANG", "en")
    (tmp_path / "db").mkdir(mode=0o700)
    shutil.copy(migrated_sqlite, tmp_path / "db" / "diemcau.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'db' / 'diemcau.db'}", checkpoints=True)
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
    yield engine
    engine.dispose()


@pytest.fixture
def cli(home: Engine) -> Cli:
    """A function that runs a command of the centre."""

    def run(*arguments: object, typed: str = "") -> Any:
        return CliRunner().invoke(main, [*map(str, arguments)], input=typed)

    return run
