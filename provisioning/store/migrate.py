"""Brings the registry's tables up to date: an Alembic chain of their own, beside the collector's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, Table, text

from provisioning.store import tables
from provisioning.store.engine import writing

VERSION_TABLE = "alembic_version_provisioning"
OURS = frozenset(table.name for table in vars(tables).values() if isinstance(table, Table))
_MIGRATION_LOCK = 7_130_003  # any number of ours: two programs that start at once migrate one after the other


def migrate(engine: Engine) -> None:
    """Upgrade the registry to its newest revision; does nothing when it is there already."""
    upgrade(engine, Path(__file__).parent / "migrations")


def upgrade(engine: Engine, chain: Path) -> None:
    """Run the revisions of one Alembic chain that are still to run, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(chain).replace("%", "%%"))
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_ours(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Tell Alembic to look at the registry's tables only: the collector's stand in the same MetaData."""
    return kind != "table" or name in OURS
