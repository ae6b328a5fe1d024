"""The collector's chain of migrations, over the registry's, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from collector.store import migrate
from collector.store.tables import report
from provisioning.store import migrate as registry
from provisioning.store.engine import open_engine


@pytest.fixture
def bare_engine(database_url: str):
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def test_the_migrations_give_exactly_the_tables_of_registry_and_collector(bare_engine: Engine) -> None:
    migrate.migrate(bare_engine)
    with bare_engine.connect() as connection:
        options = {
            "target_metadata": report.metadata,
            "include_object": migrate.is_ours,
            "version_table": migrate.VERSION_TABLE,
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), report.metadata) == []
        made = set(inspect(connection).get_table_names())
    assert made == {*migrate.OURS, *registry.OURS, migrate.VERSION_TABLE, registry.VERSION_TABLE}


def test_the_migrations_give_the_same_constraints_as_making_the_tables_at_once(bare_engine: Engine) -> None:
    migrate.migrate(bare_engine)
    migrated = described(bare_engine)
    ours = [table for table in report.metadata.sorted_tables if table.name in migrate.OURS]
    report.metadata.drop_all(bare_engine, ours)
    report.metadata.create_all(bare_engine, ours)
    assert migrated == described(bare_engine)


def test_migrating_again_changes_nothing(bare_engine: Engine) -> None:
    migrate.migrate(bare_engine)
    before = described(bare_engine)
    migrate.migrate(bare_engine)
    assert described(bare_engine) == before


def described(engine: Engine) -> dict[str, Any]:
    seen = inspect(engine)
    return {
        name: [
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted(seen.get_foreign_keys(name), key=str),
            sorted(seen.get_unique_constraints(name), key=str),
            sorted(seen.get_indexes(name), key=str),
        ]
        for name in sorted(migrate.OURS)
    }
