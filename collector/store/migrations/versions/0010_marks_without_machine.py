"""Evidence of a site without a machine: the mark of a rehearsal, of which a site has one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_OLDER_MARKS = """
delete from evidence where source = 'rehearsal' and exists (
  select 1 from evidence as other
  where other.site_id = evidence.site_id and other.fact = evidence.fact and other.source = 'rehearsal'
  and (other.measured_at > evidence.measured_at
       or (other.measured_at = evidence.measured_at and other.id > evidence.id)))
"""


def upgrade() -> None:
    """Let evidence have no device, take the marks off the machines that they hung on, and keep each site's latest."""
    with op.batch_alter_table("evidence") as evidence:
        evidence.alter_column("device_id", existing_type=sa.BigInteger, nullable=True)
    op.execute(_OLDER_MARKS)
    op.execute("update evidence set device_id = null where source = 'rehearsal'")
    op.create_index(
        "uq_evidence_site_id_fact_source",
        "evidence",
        ["site_id", "fact", "source"],
        unique=True,
        sqlite_where=sa.text("device_id IS NULL"),
        postgresql_where=sa.text("device_id IS NULL"),
    )
