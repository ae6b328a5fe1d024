from __future__ import annotations

import pytest
from sqlalchemy import Engine, delete, update

from provisioning import audit
from provisioning.store.engine import writing
from provisioning.store.tables import audit as table


@pytest.fixture
def audited(engine: Engine) -> Engine:
    with writing(engine) as connection:
        for i in range(5):
            audit.append(connection, "Alice", "device revoked", f"d-{i}", {"why": "mất máy"}, 1000 + i)
    return engine


def test_an_untouched_audit_is_whole(audited: Engine):
    with audited.connect() as connection:
        chain = audit.verify(connection)
    assert (chain.rows, chain.broken_at) == (5, None)


@pytest.mark.parametrize(("column", "value"), [("actor", "Bob"), ("at", 7), ("subject", "d-9"), ("detail", "{}")])
def test_an_edited_row_is_found(audited: Engine, column: str, value: object):
    with writing(audited) as connection:
        connection.execute(update(table).where(table.c.id == 3).values({column: value}))
        assert audit.verify(connection).broken_at == 3


def test_a_row_deleted_from_the_middle_is_found_at_the_next_one(audited: Engine):
    with writing(audited) as connection:
        connection.execute(delete(table).where(table.c.id == 3))
        assert audit.verify(connection).broken_at == 4


def test_rows_deleted_from_the_end_show_in_the_head_that_was_noted(audited: Engine):
    with writing(audited) as connection:
        noted = audit.verify(connection)
        connection.execute(delete(table).where(table.c.id == 5))
        assert audit.verify(connection)[:2] != noted[:2]
