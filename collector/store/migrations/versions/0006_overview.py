"""Indices by which a session is counted by unit, and lost devices are found, without reading verdicts and snapshots."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    """Add the indices."""
    op.create_index("ix_standing_participation_id", "standing", ["participation_id", "level"])
    op.create_index("ix_presence_state", "presence", ["state", "since_at", "device_id"])
