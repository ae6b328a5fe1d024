from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from collector.store.queries.lately import lately
from collector.store.scope import country as whole
from collector.store.tables import flag_change
from provisioning.store.engine import writing
from provisioning.store.tables import participation, session


def changes(connection: Any, participation_id: int, count: int) -> None:
    values = {"fact": "line", "metric": "", "old_level": "ready", "new_level": "at_risk"}
    values |= {"reason": "download_low", "owner": "vnpt", "policy": "", "input": "[]"}
    rows = [{**values, "participation_id": participation_id, "at": at} for at in range(count)]
    connection.execute(insert(flag_change), rows)


def test_a_session_in_which_much_changes_leaves_room_for_what_changed_in_another(country: Any) -> None:
    country.site("Mèo Vạc")
    quiet = country.session_id
    with writing(country.engine) as connection:
        times = {"starts_at": 0, "ends_at": 1}
        values = {"event_id": 1, "code": "b", "name": "Buổi chiều", **times}
        busy = connection.execute(insert(session).values(values).returning(session.c.id)).scalar_one()
        part = {"session_id": busy, "site_id": 1, "role": "view", "medium": "pc"}
        busy_id = connection.execute(insert(participation).values(part).returning(participation.c.id)).scalar_one()
        changes(connection, 1, 3)
        changes(connection, busy_id, 1000)
        assert [one.at for one in lately(whole(connection), quiet, 60)] == [2, 1, 0]
        assert [one.at for one in lately(whole(connection), busy, 60)] == [*range(999, 939, -1)]
