"""A registry to measure with: sites of every role and medium on a good line, a device at each."""

from __future__ import annotations

import time
from itertools import cycle, islice

from sqlalchemy import Connection, Engine, Table

from provisioning import bulk
from provisioning.settings import Settings
from provisioning.store.engine import writing
from provisioning.store.tables import event, line, participation, provider, session, site, unit

_DAY_US = 24 * 3_600_000_000
PARTS = tuple((role, medium) for role in ("interactive", "view") for medium in ("pc", "room", "mytv"))


def fill(engine: Engine, settings: Settings, number: int) -> list[bulk.Issued]:
    """Write so many sites, each with a line, a device and a part in a session tomorrow; return the devices.

    The roles and media of PARTS take turns.
    """
    now = time.time_ns() // 1000
    with writing(engine) as connection:
        place = {"code": "01", "level": 1, "name": "Thành phố Hà Nội", "valid_from": "2008-08-01"}
        unit_id = _add(connection, unit, place)
        provider_id = _add(connection, provider, {"code": "vnpt", "name": "VNPT"})
        event_id = _add(connection, event, {"code": "bench", "name": "bench", "units_as_of": "2023-08-15"})
        times = {"starts_at": now + _DAY_US, "ends_at": now + _DAY_US + _DAY_US // 6}
        session_id = _add(connection, session, {"event_id": event_id, "code": "bench", "name": "bench", **times})
        sites = []
        for n, (role, medium) in enumerate(islice(cycle(PARTS), number)):
            package = {"download_mbps": 100.0, "upload_mbps": 100.0, "paid_by": "site"}
            line_id = _add(connection, line, {"provider_id": provider_id, "code": f"L{n:05}", **package})
            place = {"name": f"Điểm cầu {n}", "unit_id": unit_id, "line_id": line_id, "created_at": now}
            sites.append(_add(connection, site, {"code": f"S{n:06}", **place}))
            part = {"session_id": session_id, "site_id": sites[-1], "role": role, "medium": medium}
            connection.execute(participation.insert().values(part))
        return bulk.issue(connection, settings, sites, "bench", now)


def _add(connection: Connection, table: Table, row: dict[str, object]) -> int:
    return int(connection.execute(table.insert().values(row).returning(table.c.id)).scalar_one())
