"""Live mode: who is told what, and that it holds when brokers or the centre come back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from collector.link.live import Live
from collector.link.outbox import Outbox
from collector.store import live_mode
from collector.store.intake import lively
from collector.store.intake.lively import Lively
from contract import wire
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing
from provisioning.store.tables import audit, backup, device, participation, session, site

SECOND, HOUR = 1_000_000, 3_600_000_000
NOW = 1_692_061_200 * SECOND


class Edge:
    """Stands where a connection to a broker is, and keeps what it was left with."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}
        self.count = 0

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert retain
        command = wire.decode_command(payload)
        assert command.kind == "live"
        self.kept[wire.parse_topic(topic).device] = command.expires_in_s
        self.count += 1


def speaking(number: int, ends_in: int) -> Lively:
    return Lively(number, f"d-0000000{number}", NOW + ends_in)


def test_each_device_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    edge: Any = Edge()
    live = Live(Outbox([edge]))
    for _ in range(3):
        live.follow([speaking(1, 2 * HOUR), speaking(2, HOUR)], NOW)
    assert (edge.kept, edge.count) == ({"d-00000001": 7200, "d-00000002": 3600}, 2)
    assert live.device_ids == {1, 2}
    for _ in range(3):
        live.follow([speaking(1, 2 * HOUR), speaking(2, HOUR)], NOW + HOUR)
    assert (edge.kept, edge.count) == ({"d-00000001": 7200, "d-00000002": 0}, 3)
    assert live.device_ids == {1}


def test_a_device_that_takes_no_part_any_more_is_told_so_and_a_session_that_moves_is_told_anew() -> None:
    edge: Any = Edge()
    live = Live(Outbox([edge]))
    live.follow([speaking(1, HOUR), speaking(2, HOUR)], NOW)
    live.follow([speaking(1, 2 * HOUR)], NOW)
    assert edge.kept == {"d-00000001": 7200, "d-00000002": 0}
    live.follow([speaking(1, 2 * HOUR)], NOW)
    assert edge.count == 4


def test_what_ended_while_the_centre_was_away_is_ended_when_it_is_back() -> None:
    edge: Any = Edge()
    live = Live(Outbox([edge]))
    live.follow([speaking(1, -HOUR)], NOW)
    assert edge.kept == {"d-00000001": 0}
    assert live.device_ids == frozenset()


def test_a_broker_that_comes_back_is_told_all_that_holds() -> None:
    edges: list[Any] = [Edge(), Edge()]
    live = Live(Outbox(edges))
    live.follow([speaking(1, HOUR), speaking(2, -HOUR)], NOW)
    edges[1].kept.clear()
    live.greet(edges[1], NOW + HOUR // 2)
    assert edges[1].kept == {"d-00000001": 1800, "d-00000002": 0}
    assert edges[0].count == 2


@pytest.fixture
def stage(country: Any) -> Any:
    """A session in which Hà Giang speaks, and would from a school; another school only watches."""
    part = country.site("Sở Hà Giang", role="interactive")
    for name in ("Trường A", "Trường B"):
        country.site(name)
    country.device("d-main0001", "Sở Hà Giang")
    country.device("d-spare001", "Sở Hà Giang", is_spare=True)
    country.device("d-revoked1", "Sở Hà Giang", state="revoked")
    country.device("d-venue001", "Trường A")
    country.device("d-watch001", "Trường B")
    with writing(country.engine) as connection:
        venue_id = connection.scalar(select(site.c.id).where(site.c.name == "Trường A"))
        connection.execute(insert(backup).values(participation_id=part, kind="venue", venue_id=venue_id))
    return country


def found(country: Any, at: int) -> dict[str, int]:
    with country.engine.connect() as connection:
        return {one.name: one.ends_at for one in lively.devices(connection, at)}


def test_spares_and_venues_are_in_live_mode_too_and_viewers_are_not(stage: Any, now: int) -> None:
    starts_at, ends_at = now + 12 * HOUR, now + 16 * HOUR
    assert found(stage, starts_at - HOUR - 1) == {}
    seen = dict.fromkeys(("d-main0001", "d-spare001", "d-venue001"), ends_at)
    assert found(stage, starts_at - HOUR) == seen
    assert found(stage, ends_at + 23 * HOUR) == seen  # it has ended, which they are told
    assert found(stage, ends_at + 24 * HOUR) == {}


def ask(country: Any, until: int | None, at: int) -> None:
    with writing(country.engine) as connection:
        if until is None:
            live_mode.turn_off(connection, country.session_id, "noc", at)
        else:
            live_mode.turn_on(connection, country.session_id, until, "noc", at)


def test_who_rehearses_at_another_hour_is_in_live_mode_until_the_time_that_was_asked_for(stage: Any, now: int) -> None:
    seen = ("d-main0001", "d-spare001", "d-venue001")
    ask(stage, now + 2 * HOUR, now)
    assert found(stage, now) == dict.fromkeys(seen, now + 2 * HOUR)
    ask(stage, now + 3 * HOUR, now + HOUR)
    assert found(stage, now + HOUR) == dict.fromkeys(seen, now + 3 * HOUR)
    assert found(stage, now + 10 * HOUR) == dict.fromkeys(seen, now + 3 * HOUR)  # it has ended, which they are told
    assert found(stage, now + 11 * HOUR) == dict.fromkeys(seen, now + 16 * HOUR)  # by the clock, an hour before


def test_live_mode_that_was_asked_for_is_ended_at_once_and_the_clocks_stays(stage: Any, now: int) -> None:
    ask(stage, now + 2 * HOUR, now)
    ask(stage, None, now + HOUR)
    assert found(stage, now + HOUR) == dict.fromkeys(("d-main0001", "d-spare001", "d-venue001"), now + HOUR)
    during = now + 13 * HOUR
    ask(stage, during + 6 * HOUR, during)
    assert set(found(stage, during).values()) == {during + 6 * HOUR}
    ask(stage, None, during)
    assert set(found(stage, during).values()) == {now + 16 * HOUR}
    with stage.engine.connect() as connection:
        told = connection.scalars(select(audit.c.action).order_by(audit.c.id)).all()
        assert list(told) == ["live mode"] * 4


def test_nothing_is_ended_that_nobody_asked_for(stage: Any, now: int) -> None:
    ask(stage, None, now)
    assert found(stage, now) == {}
    with stage.engine.connect() as connection:
        assert connection.scalars(select(audit.c.id)).all() == []


@pytest.mark.parametrize("hours", [0, -1, 13])
def test_live_mode_ends_later_and_on_the_same_day(stage: Any, now: int, hours: int) -> None:
    with pytest.raises(ProvisioningError):
        ask(stage, now + hours * HOUR, now)


def test_who_is_seen_in_the_afternoon_too_stays_until_its_end(stage: Any, now: int) -> None:
    with writing(stage.engine) as connection:
        event_id = connection.scalar(select(session.c.event_id))
        values = {"event_id": event_id, "code": "p", "name": "Buổi chiều"}
        times = {"starts_at": now + 16 * HOUR, "ends_at": now + 18 * HOUR}
        afternoon = connection.execute(insert(session).values(**values, **times).returning(session.c.id)).scalar_one()
        site_id = connection.scalar(select(site.c.id).where(site.c.name == "Sở Hà Giang"))
        part = {"session_id": afternoon, "site_id": site_id, "role": "interactive", "medium": "pc"}
        connection.execute(insert(participation).values(**part))
    assert found(stage, now + 12 * HOUR)["d-main0001"] == now + 16 * HOUR
    assert found(stage, now + 15 * HOUR) == {
        "d-main0001": now + 18 * HOUR,
        "d-spare001": now + 18 * HOUR,
        "d-venue001": now + 16 * HOUR,
    }
    with writing(stage.engine) as connection:
        connection.execute(update(device).values(state="revoked"))
    assert found(stage, now + 15 * HOUR) == {}
