"""What kind a line is, consent to tests over 4G, and whose public addresses are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("line", sa.Column("kind", sa.Text, nullable=False, server_default=""))
    op.add_column("line", sa.Column("consented_mb", sa.Integer))
    op.create_table(
        "prefix",
        sa.Column("cidr", sa.Text, primary_key=True),
        sa.Column("provider_id", _ID, sa.ForeignKey("provider.id"), nullable=False),
    )
