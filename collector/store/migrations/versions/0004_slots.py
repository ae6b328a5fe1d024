"""Turns of devices to load their lines, as probe servers tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "slot",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("device_id", _ID, sa.ForeignKey("device.id"), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("ending", sa.Text),
        sa.Column("sent_bytes", sa.BigInteger, nullable=False),
        sa.Column("received_bytes", sa.BigInteger, nullable=False),
        sa.Column("is_server_limited", sa.Boolean, nullable=False),
    )
    op.create_index("ix_slot_device_id", "slot", ["device_id"])
    op.create_index("ix_slot_at", "slot", ["at"])
