from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from provisioning import deadlines, events
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing
from provisioning.store.tables import audit, change, code, deadline, participation, session, site, unit


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


def changes_after(engine: Engine, mark: int) -> list[tuple[str, int]]:
    with engine.connect() as connection:
        rows = connection.execute(select(change.c.kind, change.c.key).where(change.c.id > mark).order_by(change.c.id))
        return [(kind, key) for kind, key in rows]


def test_a_session_that_moves_is_told_and_codes_that_lasted_to_the_last_end_still_do(engine: Engine, planned):
    with writing(engine) as connection:
        connection.execute(unit.insert().values(id=1, code="02", level=1, name="Hà Giang", valid_from="2008-08-01"))
        for number, ends in ((1, 3100), (2, 2500)):
            values = {"code": f"S{number}", "name": "x", "unit_id": 1, "created_at": 1}
            connection.execute(site.insert().values(id=number, **values))
            connection.execute(code.insert().values(site_id=number, verifier="", made_at=1, ends_at=ends))
    with writing(engine) as connection:
        events.change_session(connection, "noon", "noon", 2000, 2200, "an", 7)
        assert connection.scalars(select(code.c.ends_at).order_by(code.c.site_id)).all() == [3100, 2500]
        events.change_session(connection, "evening", "evening", 9000, 9100, "an", 8)
        assert connection.scalars(select(code.c.ends_at).order_by(code.c.site_id)).all() == [9100, 2500]
        moved = connection.execute(select(session.c.code, session.c.moved_at).order_by(session.c.code)).all()
    assert [tuple(row) for row in moved] == [("evening", 8), ("morning", None), ("noon", 7)]
    assert changes_after(engine, 4) == [("session", planned["noon"]), ("session", planned["evening"])]


def test_a_new_name_moves_nothing_and_what_changes_nothing_is_not_told(engine: Engine, planned):
    with writing(engine) as connection:
        events.change_session(connection, "noon", "Buổi trưa", 2000, 2100, "an", 7)
        events.change_session(connection, "noon", "Buổi trưa", 2000, 2100, "an", 8)
        events.change_event(connection, "e", "Gặp mặt", "2023-08-15", 5.0, "an", 9)
        assert connection.scalar(select(session.c.moved_at).where(session.c.code == "noon")) is None
        actions = connection.scalars(select(audit.c.action).order_by(audit.c.id)).all()
    assert actions[-1] == "session renamed"
    assert changes_after(engine, 4) == [("session", planned["noon"])]


def test_a_new_bitrate_has_every_session_of_the_event_judged_anew(engine: Engine, planned):
    with writing(engine) as connection:
        events.change_event(connection, "e", "Gặp mặt", "2023-08-15", 8.0, "an", 9)
    assert sorted(changes_after(engine, 4)) == [("event", 1), *(("session", n) for n in sorted(planned.values()))]


def test_an_event_keeps_to_a_day_on_which_its_sites_lie_somewhere(engine: Engine, planned):
    with writing(engine) as connection:
        dates = {"valid_from": "2023-04-10", "valid_to": "2025-06-30"}
        connection.execute(unit.insert().values(id=1, code="02", level=1, name="Hà Giang", **dates))
        events.change_event(connection, "e", "Gặp mặt", "2026-08-15", 5.0, "an", 1)  # nobody takes part as yet
        events.change_event(connection, "e", "Gặp mặt", "2023-08-15", 5.0, "an", 2)
        connection.execute(site.insert().values(id=1, code="S1", name="Sở", unit_id=1, created_at=1))
        part = {"session_id": planned["noon"], "site_id": 1, "role": "view", "medium": "pc"}
        connection.execute(participation.insert().values(part))
        events.change_event(connection, "e", "Gặp mặt", "2024-08-15", 5.0, "an", 3)
        with pytest.raises(ProvisioningError, match="hãy giữ ngày 2024-08-15"):
            events.change_event(connection, "e", "Gặp mặt", "2026-08-15", 5.0, "an", 4)


def test_a_session_without_sites_can_be_removed_and_one_with_sites_stays(engine: Engine, planned):
    with writing(engine) as connection:
        connection.execute(unit.insert().values(id=1, code="02", level=1, name="Hà Giang", valid_from="2008-08-01"))
        connection.execute(site.insert().values(id=1, code="S1", name="x", unit_id=1, created_at=1))
        part = {"session_id": planned["noon"], "site_id": 1, "role": "view", "medium": "pc"}
        connection.execute(participation.insert().values(part))
        events.remove_session(connection, "evening", "an", 1)
        assert [row.code for row in events.list_sessions(connection)] == ["morning", "noon"]
        with pytest.raises(ProvisioningError, match="có điểm cầu"):
            events.remove_session(connection, "noon", "an", 1)


def test_an_event_that_nobody_takes_part_in_is_removed_with_its_sessions_and_deadlines(engine: Engine, planned):
    with writing(engine) as connection:
        connection.execute(unit.insert().values(id=1, code="02", level=1, name="Hà Giang", valid_from="2008-08-01"))
        events.add_event(connection, "other", "Khác", "2023-08-15", 5.0, "test", 1)
        deadlines.set_deadline(connection, "e", "02", "T-14d", 10 * 24 * 3_600_000_000, "test", 1)
        events.remove_event(connection, "e", "an", 2)
        assert [row.code for row in events.list_events(connection)] == ["other"]
        assert events.list_sessions(connection) == []
        assert connection.scalars(select(deadline.c.gate)).all() == []
        assert connection.scalars(select(audit.c.action).order_by(audit.c.id.desc())).first() == "event removed"
        with pytest.raises(ProvisioningError, match="event add"):
            events.remove_event(connection, "e", "an", 3)


def test_an_event_with_a_session_in_use_stays_as_it_is(engine: Engine, planned):
    with writing(engine) as connection:
        connection.execute(unit.insert().values(id=1, code="02", level=1, name="Hà Giang", valid_from="2008-08-01"))
        connection.execute(site.insert().values(id=1, code="S1", name="x", unit_id=1, created_at=1))
        part = {"session_id": planned["noon"], "site_id": 1, "role": "view", "medium": "pc"}
        connection.execute(participation.insert().values(part))
    with pytest.raises(ProvisioningError, match="noon đã có điểm cầu"), writing(engine) as connection:
        events.remove_event(connection, "e", "an", 2)
    with engine.connect() as connection:
        assert [row.code for row in events.list_sessions(connection)] == ["morning", "noon", "evening"]


@pytest.mark.parametrize("wrong", ["", "có dấu", "a/b", "-a", "a" * 41, "a b"])
def test_a_code_can_stand_in_an_address(engine: Engine, wrong: str):
    with writing(engine) as connection, pytest.raises(ProvisioningError):
        events.add_event(connection, wrong, "x", "2023-08-15", 5.0, "test", 1)
