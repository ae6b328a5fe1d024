"""What dry runs and decisions need of the registry: deadlines, power cuts, backups, speakers, capacity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables and columns."""
    op.add_column("site", sa.Column("is_hard_to_reach", sa.Boolean, nullable=False, server_default="0"))
    op.add_column("participation", sa.Column("delivery", sa.Text, nullable=False, server_default=""))
    op.add_column("participation", sa.Column("speaking_order", sa.Integer))
    op.add_column("session", sa.Column("moved_at", sa.BigInteger))
    op.add_column("session", sa.Column("speaking", sa.Integer))
    op.create_table(
        "power_cut",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id"), index=True),
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), index=True),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "deadline",
        sa.Column("event_id", _ID, sa.ForeignKey("event.id"), primary_key=True),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("gate", sa.Text, primary_key=True),
        sa.Column("before_start_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "backup",
        sa.Column("participation_id", _ID, sa.ForeignKey("participation.id"), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("device_id", _ID, sa.ForeignKey("device.id")),
        sa.Column("venue_id", _ID, sa.ForeignKey("site.id")),
        sa.Column("line_id", _ID, sa.ForeignKey("line.id")),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
    )
    op.create_table(
        "capacity",
        sa.Column("session_id", _ID, sa.ForeignKey("session.id"), primary_key=True),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id"), primary_key=True),
        sa.Column("medium", sa.Text, primary_key=True),
        sa.Column("delivery", sa.Text, primary_key=True),
        sa.Column("confirmed_mbps", sa.Float, nullable=False),
        sa.Column("confirmed_by", sa.Text, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
    )
