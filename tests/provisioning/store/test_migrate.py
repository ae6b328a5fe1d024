from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, MetaData, inspect, select, update

from provisioning.store import migrate
from provisioning.store.engine import open_engine, writing
from provisioning.store.tables import metadata, unit
from provisioning.units.load import load_units


@pytest.fixture
def bare_engine(database_url: str):
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


def test_the_migrations_give_exactly_the_tables_of_the_registry(bare_engine: Engine):
    migrate.migrate(bare_engine)
    with bare_engine.connect() as connection:
        options = {
            "target_metadata": metadata,
            "include_object": migrate.is_ours,
            "version_table": migrate.VERSION_TABLE,
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        assert set(inspect(connection).get_table_names()) == migrate.OURS | {migrate.VERSION_TABLE}


def test_the_migrations_give_the_same_constraints_as_making_the_tables_at_once(bare_engine: Engine):
    migrate.migrate(bare_engine)
    migrated = described(bare_engine)
    registry = MetaData()
    registry.reflect(bare_engine)
    registry.drop_all(bare_engine)
    metadata.create_all(bare_engine, [table for table in metadata.sorted_tables if table.name in migrate.OURS])
    assert migrated == described(bare_engine)


def test_migrating_again_changes_nothing(bare_engine: Engine):
    migrate.migrate(bare_engine)
    before = described(bare_engine)
    migrate.migrate(bare_engine)
    assert described(bare_engine) == before


def test_a_registry_of_before_spells_its_units_as_the_table_does(engine: Engine) -> None:
    revision = import_module("provisioning.store.migrations.versions.0010_one_spelling")
    with writing(engine) as connection:
        load_units(connection)
        named = select(unit.c.code, unit.c.level, unit.c.name).order_by(unit.c.id)
        told = connection.execute(named).all()
        for before, name in revision._SPELLED.items():
            assert connection.execute(update(unit).where(unit.c.name == name).values(name=before)).rowcount == 1
        with Operations.context(MigrationContext.configure(connection)):
            revision.upgrade()
        assert connection.execute(named).all() == told


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
