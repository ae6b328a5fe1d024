"""Live mode that somebody asked for, at an hour that is no session's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column."""
    op.add_column("session", sa.Column("lively_until", sa.BigInteger))
