"""Names of units that were spelled in two ways: the tone of oa and uy on the first vowel, as in most of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_SPELLED = {
    "Tỉnh Hoà Bình": "Tỉnh Hòa Bình",
    "Huyện Hoà An": "Huyện Hòa An",
    "Huyện Hạ Hoà": "Huyện Hạ Hòa",
    "Huyện Thanh Thuỷ": "Huyện Thanh Thủy",
    "Huyện Thuỷ Nguyên": "Huyện Thủy Nguyên",
    "Huyện Kiến Thuỵ": "Huyện Kiến Thụy",
    "Thị xã Thái Hoà": "Thị xã Thái Hòa",
    "Thành phố Tuy Hoà": "Thành phố Tuy Hòa",
    "Huyện Tây Hoà": "Huyện Tây Hòa",
    "Huyện Phú Hoà": "Huyện Phú Hòa",
    "Quận Bình Thuỷ": "Quận Bình Thủy",
    "Huyện Vị Thuỷ": "Huyện Vị Thủy",
    "Huyện Hoà Bình": "Huyện Hòa Bình",
}


def upgrade() -> None:
    """Spell them in one way; codes and days of validity say which units they are, and stay."""
    unit = sa.table("unit", sa.column("name", sa.Text))
    for before, name in _SPELLED.items():
        op.execute(unit.update().where(unit.c.name == before).values(name=name))
