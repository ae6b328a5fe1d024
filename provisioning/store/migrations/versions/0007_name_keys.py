"""The names of sites without diacritics, to search and sort by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from provisioning.store.folding import folded

revision = "0007"
down_revision = "0004"


def upgrade() -> None:
    """Add the column and fill it."""
    op.add_column("site", sa.Column("name_key", sa.Text, nullable=False, server_default=""))
    site = sa.table("site", sa.column("name", sa.Text), sa.column("name_key", sa.Text))
    op.execute(site.update().values(name_key=folded(site.c.name)))
