"""The collector as first released: books, evidence, standings with their flags, commands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables; constraints are named by the MetaData's convention."""
    _books()
    _evidence()
    _standings()
    _commands()


def _books() -> None:
    op.create_table(
        "spool",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("spool_id", sa.Text, nullable=False),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.Column("committed", sa.BigInteger, nullable=False),
        sa.Column("dropped", sa.BigInteger, nullable=False),
        sa.Column("quarantined", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.Column("spooled", sa.BigInteger, nullable=False),
        sa.Column("redelivered", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.UniqueConstraint("device", "spool_id"),
    )
    op.create_table(
        "report",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("spool", _ID, sa.ForeignKey("spool.id"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("device_id", _ID, sa.ForeignKey("device.id"), nullable=False, index=True),
        sa.Column("received_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("spool", "seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "quarantine",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("spool", _ID, sa.ForeignKey("spool.id"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, index=True),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("body", sa.LargeBinary),
        sa.UniqueConstraint("spool", "seq"),
        sa.Index("ix_quarantine_device", "device", "id"),
    )
    op.create_table(
        "unattributed",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False, unique=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )


def _evidence() -> None:
    op.create_table(
        "presence",
        sa.Column("device_id", _ID, sa.ForeignKey("device.id"), primary_key=True),
        sa.Column("connection", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since_at", sa.BigInteger, nullable=False),
        sa.Column("heard_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("snapshot", sa.Text),
    )
    op.create_table(
        "evidence",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), nullable=False, index=True),
        sa.Column("device_id", _ID, sa.ForeignKey("device.id"), nullable=False),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("findings", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("measured_at", sa.BigInteger, nullable=False),
        sa.Column("is_time_uncertain", sa.Boolean, nullable=False),
        sa.Column("line_id", _ID),
        sa.Column("report_id", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("device_id", "fact", "source"),
    )


def _standings() -> None:
    op.create_table(
        "policy",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("loaded_at", sa.BigInteger, nullable=False),
        sa.Column("loaded_by", sa.Text, nullable=False),
    )
    op.create_table(
        "standing",
        sa.Column("participation_id", _ID, sa.ForeignKey("participation.id"), primary_key=True),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("verdicts", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("judged_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, index=True),
    )
    op.create_table(
        "flag",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("participation_id", _ID, sa.ForeignKey("participation.id"), nullable=False),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False, index=True),
        sa.Column("report_id", sa.BigInteger, index=True),
        sa.Column("since_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("participation_id", "fact", "metric"),
    )
    op.create_table(
        "flag_change",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("participation_id", _ID, sa.ForeignKey("participation.id"), nullable=False, index=True),
        sa.Column("fact", sa.Text, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("old_level", sa.Text),
        sa.Column("new_level", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("report_id", sa.BigInteger, index=True),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _commands() -> None:
    op.create_table(
        "command",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("device_id", _ID, sa.ForeignKey("device.id"), nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("probes", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, index=True),
        sa.Column("done_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
