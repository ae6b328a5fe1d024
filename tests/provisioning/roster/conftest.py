"""A registry with the units of 2023 and one session, and rosters to take in."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from provisioning import events
from provisioning.roster.columns import COLUMNS
from provisioning.store.engine import writing
from provisioning.units.load import load_units

ROW = {
    "site_key": "HG-01",
    "site_name": "Trường THPT Chuyên Hà Giang",
    "province": "Tỉnh Hà Giang",
    "district": "Thành phố Hà Giang",
    "address": "Số 2, đường 20/8",
    "hours": "T2-T6 07:00-17:00; T7 07:00-11:30",
    "school_code": "0207001",
    "school_name": "THPT Chuyên Hà Giang",
    "staff": "80",
    "role": "chỉ xem",
    "medium": "MyTV",
    "seats": "120",
    "provider": "VNPT",
    "line_code": "HGG-0001",
    "download_mbps": "100",
    "upload_mbps": "50",
    "line_kind": "cáp quang",
    "consented_mb": "",
    "paid_by": "Sở",
    "contact_name": "Nguyễn Văn An",
    "contact_phone": "0912345678",
}


@pytest.fixture
def session_id(engine: Engine) -> int:
    with writing(engine) as connection:
        load_units(connection)
        events.add_event(connection, "e1", "Gặp mặt", "2023-08-15", 5.0, "test", 1)
        return events.add_session(connection, "e1", "s1", "Buổi sáng", 1000, 2000, "test", 1)


@pytest.fixture(scope="session")
def csv_of() -> Callable[..., bytes]:
    """A function that writes rows, each given by what differs from the usual one, as a roster file."""

    def write(*rows: dict[str, Any], separator: str = ",", headings: dict[str, str] | None = None) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator)
        writer.writerow([(headings or {}).get(column.field, column.heading) for column in COLUMNS])
        for row in rows:
            writer.writerow([(ROW | row).get(column.field, "") for column in COLUMNS])
        return text.getvalue().encode()

    return write


@pytest.fixture(scope="session")
def bare() -> dict[str, str]:
    """What makes a row leave everything empty but its site's key."""
    return {name: "" for name in ROW if name != "site_key"}
