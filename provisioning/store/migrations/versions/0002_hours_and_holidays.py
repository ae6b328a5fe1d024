"""Hours at which a site's machines are on, and holidays; those of 2026 and 2027 whose day the law itself fixes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# Labour Code 2019, article 112. Tết, Hùng Kings' Day, the second day of 2 September and days given in exchange
# follow the moon or are announced each year: they are added by `diemcau-provision holidays add`.
_FIXED = (
    ("01-01", "Tết Dương lịch"),
    ("04-30", "Ngày Chiến thắng"),
    ("05-01", "Ngày Quốc tế Lao động"),
    ("09-02", "Quốc khánh"),
)


def upgrade() -> None:
    """Add the column and the table, and what is certain."""
    op.add_column("site", sa.Column("hours", sa.Text, nullable=False, server_default=""))
    holiday = op.create_table(
        "holiday",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("first_day", sa.Text, nullable=False),
        sa.Column("last_day", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("unit_id", _ID, sa.ForeignKey("unit.id")),
    )
    days = [(f"{year}-{day}", name) for year in (2026, 2027) for day, name in _FIXED]
    op.bulk_insert(holiday, [{"first_day": day, "last_day": day, "name": name} for day, name in days])
