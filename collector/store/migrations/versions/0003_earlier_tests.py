"""The line tests before the latest, by which a failure counts as repeated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("evidence", sa.Column("earlier", sa.Text))
