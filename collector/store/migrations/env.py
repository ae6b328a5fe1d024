"""What Alembic runs for each command: our connection, our version table, the collector's tables only."""

from __future__ import annotations

from alembic import context

from collector.store import migrate, tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.report.metadata,
    version_table=migrate.VERSION_TABLE,
    include_object=migrate.is_ours,
)
context.run_migrations()
