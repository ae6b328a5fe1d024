"""A registry to measure with: sites of every role and medium on a good line, a device at each."""

from __future__ import annotations

import secrets
import time
from itertools import cycle
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Table

from provisioning import credentials
from provisioning.store.engine import writing
from provisioning.store.tables import device, event, line, participation, provider, session, site, unit

_DAY_US = 24 * 3_600_000_000
_PARTS = tuple((role, medium) for role in ("interactive", "view") for medium in ("pc", "room", "mytv"))


class Credential(NamedTuple):
    """How a device connects."""

    name: str
    password: str


def fill(engine: Engine, number: int) -> list[Credential]:
    """Write so many sites, each with a line, a device and a part in a session tomorrow; return the devices."""
    devices = [Credential(f"d-bench{n:05}", secrets.token_urlsafe(16)) for n in range(number)]
    now = time.time_ns() // 1000
    with writing(engine) as connection:
        place = {"code": "01", "level": 1, "name": "Thành phố Hà Nội", "valid_from": "2008-08-01"}
        unit_id = _add(connection, unit, place)
        provider_id = _add(connection, provider, {"code": "vnpt", "name": "VNPT"})
        event_id = _add(connection, event, {"code": "bench", "name": "bench", "units_as_of": "2023-08-15"})
        times = {"starts_at": now + _DAY_US, "ends_at": now + _DAY_US + _DAY_US // 6}
        session_id = _add(connection, session, {"event_id": event_id, "code": "bench", "name": "bench", **times})
        for n, (credential, (role, medium)) in enumerate(zip(devices, cycle(_PARTS), strict=False)):
            package = {"download_mbps": 100.0, "upload_mbps": 100.0, "paid_by": "site"}
            line_id = _add(connection, line, {"provider_id": provider_id, "code": f"L{n:05}", **package})
            place = {"name": f"Điểm cầu {n}", "unit_id": unit_id, "line_id": line_id, "created_at": now}
            site_id = _add(connection, site, {"code": f"S{n:06}", **place})
            part = {"session_id": session_id, "site_id": site_id, "role": role, "medium": medium}
            connection.execute(participation.insert().values(part))
            row = {"name": credential.name, "site_id": site_id, "state": "active", "is_spare": False, "generation": 1}
            verifiers = credentials.make_verifiers(credential.password)._asdict()
            connection.execute(device.insert().values(**row, **verifiers, enrolled_at=now))
    return devices


def _add(connection: Connection, table: Table, row: dict[str, object]) -> int:
    return int(connection.execute(table.insert().values(row).returning(table.c.id)).scalar_one())
