"""How long a device's machine slept right before its connection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("presence", sa.Column("slept_s", sa.BigInteger, nullable=False, server_default="0"))
