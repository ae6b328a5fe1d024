"""The registry as first released: units, sites, devices, codes, events, people, audit, change rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables; constraints are named by the MetaData's convention."""
    _places()
    _devices()
    _events()
    _people()


def _places() -> None:
    op.create_table(
        "unit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent_id", _ID, sa.ForeignKey("unit.id"), index=True),
        sa.Column("valid_from", sa.Text, nullable=False),
        sa.Column("valid_to", sa.Text),
        sa.UniqueConstraint("code", "level", "valid_from"),
    )
    op.create_table(
        "provider",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        "line",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("provider_id", _ID, sa.ForeignKey("provider.id"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("download_mbps", sa.Float),
        sa.Column("upload_mbps", sa.Float),
        sa.Column("paid_by", sa.Text, nullable=False),
        sa.UniqueConstraint("provider_id", "code"),
    )
    op.create_table(
        "site",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("roster_key", sa.Text, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id"), nullable=False, index=True),
        sa.Column("address", sa.Text, nullable=False, server_default=""),
        sa.Column("line_id", _ID, sa.ForeignKey("line.id")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "school",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), nullable=False, index=True),
        sa.Column("staff", sa.Integer),
    )
    op.create_table(
        "contact",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("phone", sa.Text, nullable=False, server_default=""),
    )


def _devices() -> None:
    op.create_table(
        "device",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), nullable=False, index=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("is_spare", sa.Boolean, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("bcrypt", sa.Text, nullable=False),
        sa.Column("pbkdf2", sa.Text, nullable=False),
        sa.Column("machine", sa.Text),
        sa.Column("enrolled_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_table(
        "code",
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), primary_key=True),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.BigInteger, nullable=False, server_default="0"),
    )


def _events() -> None:
    op.create_table(
        "event",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("units_as_of", sa.Text, nullable=False),
        sa.Column("bitrate_mbps", sa.Float, nullable=False, server_default="5"),
    )
    op.create_table(
        "session",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("event_id", _ID, sa.ForeignKey("event.id"), nullable=False),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "participation",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("session_id", _ID, sa.ForeignKey("session.id"), nullable=False),
        sa.Column("site_id", _ID, sa.ForeignKey("site.id"), nullable=False, index=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("medium", sa.Text, nullable=False),
        sa.Column("seats", sa.Integer),
        sa.UniqueConstraint("session_id", "site_id"),
    )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("login", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("duty", sa.Text, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
    )
    op.create_table(
        "person_scope",
        sa.Column("person_id", _ID, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id"), primary_key=True),
    )
    op.create_table(
        "audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_table(
        "change",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
