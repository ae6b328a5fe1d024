"""Brings the whole database up to date: the registry's Alembic chain, then the collector's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table

from collector.store import tables
from provisioning.store import migrate as registry

VERSION_TABLE = "alembic_version_collector"
OURS = frozenset(table.name for table in vars(tables).values() if isinstance(table, Table)) - registry.OURS


def migrate(engine: Engine) -> None:
    """Upgrade to the newest revision of both chains; does nothing when it is there already."""
    registry.migrate(engine)
    registry.upgrade(engine, Path(__file__).parent / "migrations")


def is_ours(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Tell Alembic to look at the collector's tables only: the registry's stand in the same MetaData."""
    return kind != "table" or name in OURS
