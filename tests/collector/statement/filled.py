"""A country to count: some hundred sites in all provinces, in two sessions with different rosters; always the same."""

from __future__ import annotations

import json
import random
from typing import Any

from sqlalchemy import Connection, insert, select

from contract.reasons import LEVELS
from provisioning.store.tables import event, line, participation, provider, school, session, site, unit
from provisioning.units.load import load_units

HOUR_US = 3_600_000_000
SITES = 320
HOSTILE = ("=1+1", "+84912345678", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x.example","y")', "http://x.example")
_WRONG = {
    "at_risk": ("line", "download_mbps", "download_low", "vnpt"),
    "unknown": ("picture_sound", "", "never_checked", "site"),
    "not_ready": ("line", "upload_mbps", "upload_low", "other_provider"),
}


def fill(connection: Connection, now: int) -> None:
    """Fill the registry and the standings; the first session is 12 hours ahead, the second 6 hours later."""
    from collector.store.tables import flag, standing

    chance = random.Random(2023)
    load_units(connection)
    held = connection.execute(select(unit.c.id, unit.c.parent_id).order_by(unit.c.id)).all()
    provinces = [row.id for row in held if row.parent_id is None]
    connection.execute(insert(event).values(code="e", name="Gặp mặt", units_as_of="2023-08-15"))
    for number, (code, name) in enumerate((("s", "Buổi sáng"), ("c", "Buổi chiều"))):
        starts_at = now + (12 + 6 * number) * HOUR_US
        values = {"code": code, "name": name, "starts_at": starts_at, "ends_at": starts_at + 3 * HOUR_US}
        connection.execute(insert(session).values(event_id=1, **values))
    connection.execute(insert(provider).values(code="vnpt", name="VNPT"))
    written: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (line, site, school, participation, standing, flag)
    }
    for id_ in range(1, SITES + 1):
        province = provinces[id_ % len(provinces)]
        places = [province, *(row.id for row in held if row.parent_id == province)]
        name = HOSTILE[id_] if id_ < len(HOSTILE) else f"Trường {id_}"
        written[line].append({"id": id_, "provider_id": 1, "code": name, "paid_by": "site"})
        told = {"code": f"S{id_:06}", "name": name, "unit_id": chance.choice(places), "line_id": id_}
        written[site].append({"id": id_, "created_at": now, **told})
        for number in range(chance.choice((0, 1, 1, 1, 5))):  # schools that lie close together share a venue
            written[school].append({"code": f"t{id_}-{number}", "name": f"Trường {id_}-{number}", "site_id": id_})
        for session_id in (1, 2) if id_ <= len(provinces) else chance.choice(((1,), (1,), (2,), (1, 2))):
            part_id = len(written[participation]) + 1
            role = "interactive" if chance.random() < 0.1 else "view"
            told = {
                "role": role,
                "medium": chance.choice(("mytv", "pc", "room")),
                "seats": chance.choice((None, 40, 7)),
            }
            written[participation].append({"id": part_id, "session_id": session_id, "site_id": id_, **told})
            level = chance.choice((*LEVELS, None))  # None: it was never judged
            if level is not None:
                _judge(written[standing], written[flag], part_id, level, now)
    for table, rows in written.items():
        connection.execute(insert(table), rows)


def _judge(standings: list[dict[str, Any]], flags: list[dict[str, Any]], part_id: int, level: str, now: int) -> None:
    """Write how a participation stands, and why."""
    good = {"fact": "presence", "metric": "", "level": "ready", "reason": "present", "owner": "site", "params": {}}
    verdicts: list[dict[str, Any]] = [good]
    if level != "ready":
        fact, metric, reason, owner = _WRONG[level]
        params = {"measured": 1.5, "ready": 6.0, "minimum": 2.0, "unit": "Mbit/s"} if metric else {}
        told = {"fact": fact, "metric": metric, "level": level, "reason": reason, "owner": owner}
        verdicts.append({**told, "params": params})
        flags.append({**told, "params": json.dumps(params), "participation_id": part_id, "since_at": now})
    values = {"verdicts": json.dumps(verdicts), "policy": "-", "judged_at": now, "since_at": now}
    standings.append({"participation_id": part_id, "level": level, **values})
