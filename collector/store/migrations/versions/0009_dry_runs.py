"""Campaigns, their sites, and the statements of gates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables, and what a slot has cost."""
    op.add_column("slot", sa.Column("need_class", sa.Text))
    op.add_column("slot", sa.Column("held_us", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("slot", sa.Column("work_bits", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "campaign",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("session_id", _ID, sa.ForeignKey("session.id"), nullable=False, index=True),
        sa.Column("checks", sa.Text, nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("opens_at", sa.BigInteger, nullable=False),
        sa.Column("closes_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("prediction", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("paused_us", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("is_elsewhere", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("is_any_hour", sa.Boolean, nullable=False, server_default="0"),
        sa.Column("may_load_sessions", sa.Boolean, nullable=False, server_default="0"),
    )
    op.create_table(
        "campaign_site",
        sa.Column("campaign_id", _ID, sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), primary_key=True),
        sa.Column("wave", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("report_id", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_index("ix_campaign_site_site_id", "campaign_site", ["site_id"])
    op.create_table(
        "statement",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("session_id", _ID, sa.ForeignKey("session.id"), nullable=False, index=True),
        sa.Column("gate", sa.Text, nullable=False),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id")),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.BigInteger),
        sa.Column("proposed_by", sa.Text),
        sa.Column("approved_at", sa.BigInteger),
        sa.Column("approved_by", sa.Text),
    )
