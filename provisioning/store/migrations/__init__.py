"""The registry's Alembic chain; `provisioning.store.migrate` runs it."""
