"""The collector's chain of migrations, over the registry's, on both databases."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, insert, inspect, select, text

from collector.store import migrate
from collector.store.tables import evidence, report
from provisioning.store import migrate as registry
from provisioning.store.engine import open_engine, writing


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


def test_marks_of_rehearsals_leave_their_machines_and_the_latest_of_a_site_stays(country: Any) -> None:
    country.site("A")
    for name in ("d-00000001", "d-00000002"):
        country.device(name, "A")
    told = {"site_id": 1, "findings": "{}", "is_time_uncertain": False, "report_id": 0}
    revision = import_module("collector.store.migrations.versions.0010_marks_without_machine")
    with writing(country.engine) as connection:
        for number, (device_id, fact, measured_at) in enumerate(
            [(1, "rehearsal", 5), (2, "rehearsal", 5), (1, "line", 1)]
        ):
            source = "rehearsal" if fact == "rehearsal" else "agent"
            one = {"id": number, "device_id": device_id, "fact": fact, "source": source, "measured_at": measured_at}
            connection.execute(insert(evidence).values(**told, **one))
        connection.execute(text("drop index uq_evidence_site_id_fact_source"))
        with Operations.context(MigrationContext.configure(connection)):
            revision.upgrade()
        kept = select(evidence.c.id, evidence.c.device_id).order_by(evidence.c.id)
        assert connection.execute(kept).all() == [(1, None), (2, 1)]


def described(engine: Engine) -> dict[str, Any]:
    seen = inspect(engine)
    return {
        name: [
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted(seen.get_foreign_keys(name), key=str),
            sorted(seen.get_unique_constraints(name), key=str),
            sorted(map(index, seen.get_indexes(name))),
        ]
        for name in sorted(migrate.OURS)
    }


def index(told: Any) -> str:
    """Return an index in words; the condition of a partial one is an object that equals no other."""
    options = {name: str(value) for name, value in told.get("dialect_options", {}).items()}
    return str({**told, "dialect_options": options})
