from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from provisioning import events
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing
from provisioning.store.tables import change


@pytest.fixture
def planned(engine: Engine) -> dict[str, int]:
    with writing(engine) as connection:
        events.add_event(connection, "e", "Gặp mặt", "2023-08-15", 5.0, "test", 1)
        return {
            code: events.add_session(connection, "e", code, code, start, start + 100, "test", 1)
            for code, start in (("evening", 3000), ("morning", 1000), ("noon", 2000))
        }


@pytest.mark.parametrize(
    ("now", "meant"),
    [(0, "morning"), (1050, "morning"), (1100, "noon"), (2050, "noon"), (2500, "evening"), (9999, "evening")],
)
def test_the_session_meant_is_the_one_that_runs_else_the_next_else_the_last(engine: Engine, planned, now, meant):
    with engine.connect() as connection:
        assert events.default_session(connection, now) == planned[meant]
        assert events.find_session(connection, None, now) == planned[meant]
        assert events.find_session(connection, "noon", now) == planned["noon"]


def test_a_new_session_is_told_by_a_change_row(engine: Engine, planned):
    with engine.connect() as connection:
        rows = connection.execute(select(change.c.kind, change.c.key).order_by(change.c.id)).all()
    assert [tuple(row) for row in rows] == [("event", 1), *(("session", key) for key in planned.values())]


@pytest.mark.parametrize(
    ("event", "code", "ends"), [("none", "x", 200), ("e", "morning", 200), ("e", "x", 100), ("e", "x", 50)]
)
def test_what_cannot_be_a_session_is_refused(engine: Engine, planned, event, code, ends):
    with writing(engine) as connection, pytest.raises(ProvisioningError):
        events.add_session(connection, event, code, "x", 100, ends, "test", 1)


@pytest.mark.parametrize(
    ("day", "bitrate_mbps"), [("soon", 5.0), ("2023-02-30", 5.0), ("2023-08-15", 0.0), ("2023-08-15", float("nan"))]
)
def test_what_cannot_be_an_event_is_refused(engine: Engine, day: str, bitrate_mbps: float):
    with writing(engine) as connection, pytest.raises(ProvisioningError):
        events.add_event(connection, "e", "x", day, bitrate_mbps, "test", 1)


def test_without_any_session_the_answer_says_how_to_make_one(engine: Engine):
    with engine.connect() as connection:
        assert events.default_session(connection, 0) is None
        with pytest.raises(ProvisioningError, match="session add"):
            events.find_session(connection, None, 0)
