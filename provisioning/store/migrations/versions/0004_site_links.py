"""The generation of each site's link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("site", sa.Column("link_generation", sa.Integer, nullable=False, server_default="0"))
