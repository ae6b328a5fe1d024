"""Hours of devices' readings, for plots and presence over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "rollup",
        sa.Column("hour_at", sa.BigInteger, primary_key=True),
        sa.Column("device_id", _ID, sa.ForeignKey("device.id"), primary_key=True, autoincrement=False),
        sa.Column("metric", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("least", sa.Double, nullable=False),
        sa.Column("mean", sa.Double, nullable=False),
        sa.Column("most", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
