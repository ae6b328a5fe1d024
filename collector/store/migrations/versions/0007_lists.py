"""Since when a site stands at its level, in the index of lists and counts; and what running parts tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SINCE = """
update standing set since_at = coalesce(
  (select min(flag.since_at) from flag
   where flag.participation_id = standing.participation_id and flag.level = standing.level),
  (select max(flag_change.at) from flag_change where flag_change.participation_id = standing.participation_id),
  judged_at)
"""


def upgrade() -> None:
    """Add the column, filled from the flags that stand or went last, widen the index by it, and add the table."""
    op.add_column("standing", sa.Column("since_at", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(_SINCE)
    op.drop_index("ix_standing_participation_id", "standing")
    op.create_index("ix_standing_participation_id", "standing", ["participation_id", "level", "since_at"])
    op.create_table(
        "pulse",
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("told", sa.Text, nullable=False),
    )
