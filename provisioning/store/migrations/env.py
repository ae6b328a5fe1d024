"""What Alembic runs for each command: our connection, our version table, the registry's tables only."""

from __future__ import annotations

from alembic import context

from provisioning.store import migrate
from provisioning.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=migrate.VERSION_TABLE,
    include_object=migrate.is_ours,
)
context.run_migrations()
