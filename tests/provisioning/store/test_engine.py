"""What is read is of one moment; what is written builds on what others have committed. On both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from provisioning.store.engine import writing
from provisioning.store.tables import provider


def count(connection: Connection) -> int | None:
    return connection.scalar(select(func.count()).select_from(provider))


def add(engine: Engine, code: str) -> None:
    with writing(engine) as connection:
        connection.execute(insert(provider).values(code=code, name=code))


def test_who_reads_several_times_sees_one_moment_and_the_next_reader_what_has_come_since(engine: Engine) -> None:
    with engine.connect() as reader:
        assert count(reader) == 0
        add(engine, "vnpt")
        assert count(reader) == 0
    with engine.connect() as reader:
        assert count(reader) == 1


def test_who_writes_sees_what_others_commit_meanwhile(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("where one writes at a time")
    with writing(engine) as connection:
        assert count(connection) == 0
        add(engine, "vnpt")
        assert count(connection) == 1
