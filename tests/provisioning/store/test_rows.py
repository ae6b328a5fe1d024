from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Connection, Engine, Float, LargeBinary, MetaData, Table, Text, select

from provisioning.store.engine import writing
from provisioning.store.rows import insert, upsert
from provisioning.store.tables import Id

LEAF = Table(
    "leaf",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # a word of SQL, to be quoted
    Column("number", Id),
    Column("share", Float),
    Column("is_green", Boolean),
    Column("body", LargeBinary),
)
FIRST: dict[str, Any] = {
    "key": "trường Nguyễn Du \"A\" \\ '%s' :b",
    "number": 2**63 - 1,
    "share": 0.1,
    "is_green": True,
    "body": bytes(range(256)),
}
SECOND: dict[str, Any] = {"key": "b", "number": None, "share": None, "is_green": False, "body": b""}


@pytest.fixture
def leaves(engine: Engine) -> Any:
    LEAF.create(engine)
    with writing(engine) as connection:
        yield connection


def _stored(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(select(*(LEAF.c[name] for name in FIRST)).order_by(LEAF.c.id))
    return [row._asdict() for row in rows]


def test_rows_are_stored_as_they_were_given(leaves: Connection) -> None:
    insert(leaves, LEAF, [FIRST, SECOND])

    assert _stored(leaves) == [FIRST, SECOND]


def test_columns_may_come_in_any_order_and_some_be_left_out(leaves: Connection) -> None:
    insert(leaves, LEAF, [{"number": 1, "key": "a"}, {"key": "b", "number": 2}])

    assert [(row["key"], row["number"], row["body"]) for row in _stored(leaves)] == [("a", 1, None), ("b", 2, None)]


def test_a_row_whose_key_exists_is_updated_save_what_is_to_be_kept(leaves: Connection) -> None:
    insert(leaves, LEAF, [FIRST])

    upsert(leaves, LEAF, [{**SECOND, "key": FIRST["key"]}, SECOND], ["key"], keep=["number", "body"])

    kept = {name: FIRST[name] for name in ("key", "number", "body")}
    assert _stored(leaves) == [{**SECOND, **kept}, SECOND]


def test_no_rows_are_no_statement(leaves: Connection) -> None:
    insert(leaves, LEAF, [])
    upsert(leaves, LEAF, [], ["key"])

    assert _stored(leaves) == []
