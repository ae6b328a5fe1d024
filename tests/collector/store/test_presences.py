"""What is with each site, by its devices, its hours, the holidays of its unit, and its sessions."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import scope
from collector.store.queries import cuts, presences
from provisioning.store.engine import writing
from provisioning.store.tables import holiday, participation, power_cut, session, site, unit

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOUR = 3_600_000_000
DAY = 24 * HOUR  # the country's clock stands at 08:00 on Tuesday, 15 August 2023; its session starts at 20:00


@pytest.fixture
def school(country: Any) -> Any:
    """The device of a school that watches."""
    country.site("school")
    return country.device("d-00000001", "school")


@pytest.fixture
def kind_at(country: Any):
    """A function that returns what is with the site with this id at a moment."""

    def look(moment: int, site_id: int = 1) -> str:
        with country.engine.connect() as connection:
            return presences.of_sites(scope.country(connection), [site_id], moment)[site_id].kind

    return look


def test_a_machine_shut_down_overnight_is_off_hours_until_its_site_opens(country, school, now, kind_at) -> None:
    gone_at = now + 33 * HOUR  # Wednesday, 17:00
    ingest(country.engine, [school.presence("connected"), school.presence("stopped", at=gone_at)], POLICY, gone_at)
    assert kind_at(gone_at) == "off_hours"
    assert kind_at(gone_at + 14 * HOUR - 1) == "off_hours"
    assert kind_at(gone_at + 14 * HOUR) == "stopped"


def test_each_site_has_its_own_hours(country, school, now, kind_at) -> None:
    country.site("evening school")
    other = country.device("d-00000002", "evening school")
    with writing(country.engine) as connection:
        connection.execute(update(site).where(site.c.name == "evening school").values(hours="T2-CN 18:00-02:00"))
    gone_at = now + 34 * HOUR  # Wednesday, 18:00
    said = [sender.presence("asleep", at=gone_at) for sender in (school, other)]
    ingest(country.engine, said, POLICY, gone_at)
    assert (kind_at(gone_at + HOUR, 1), kind_at(gone_at + HOUR, 2)) == ("off_hours", "asleep")


def test_a_holiday_is_one_of_the_country_or_of_the_units_that_the_site_lies_in(country, school, now, kind_at) -> None:
    with writing(country.engine) as connection:
        place = {"level": 2, "valid_from": "2008-08-01", "parent_id": country.unit_id}
        district, neighbour = (
            connection.execute(insert(unit).values(code=code, name=code, **place).returning(unit.c.id)).scalar_one()
            for code in ("001", "002")
        )
        connection.execute(update(site).values(unit_id=district))
        for number, owner in enumerate((None, country.unit_id, district, neighbour)):
            day = f"2023-08-{21 + number}"  # Monday to Thursday
            connection.execute(insert(holiday).values(first_day=day, last_day=day, name="x", unit_id=owner))
    ingest(country.engine, [school.presence("lost", at=now + 3 * DAY + 9 * HOUR)], POLICY, now)  # Friday, 17:00
    kinds = [kind_at(now + day * DAY) for day in (6, 7, 8, 9)]
    assert kinds == ["off_hours", "off_hours", "off_hours", "lost"]


def test_a_session_of_the_site_overrides_its_hours_and_one_of_others_does_not(country, school, now, kind_at) -> None:
    country.site("other")
    country.device("d-00000002", "other")
    with writing(country.engine) as connection:
        values = {"event_id": 1, "code": "night", "name": "n", "starts_at": now + 64 * HOUR, "ends_at": now + 66 * HOUR}
        night = connection.execute(insert(session).values(values).returning(session.c.id)).scalar_one()
        connection.execute(insert(participation).values(session_id=night, site_id=1, role="view", medium="pc"))
    gone_at = now + 57 * HOUR  # Thursday, 17:00
    said = [sender.presence("stopped", at=gone_at) for sender in country.senders.values()]
    ingest(country.engine, said, POLICY, gone_at)
    moments = [now + 63 * HOUR - 1, now + 63 * HOUR, now + 66 * HOUR - 1, now + 66 * HOUR]
    assert [kind_at(moment) for moment in moments] == ["off_hours", "stopped", "stopped", "stopped"]
    assert {kind_at(moment, 2) for moment in moments} == {"off_hours"}


def test_who_went_in_an_announced_power_cut_is_explained_by_it_and_not_counted_as_lost(
    country, school, now, kind_at
) -> None:
    country.site("neighbour")
    other = country.device("d-00000002", "neighbour")
    with writing(country.engine) as connection:
        connection.execute(insert(power_cut).values(site_id=1, starts_at=now + 2 * HOUR, ends_at=now + 4 * HOUR))
    gone_at = now + 2 * HOUR + 1
    ingest(country.engine, [one.presence("lost", at=gone_at) for one in (school, other)], POLICY, gone_at)
    assert kind_at(gone_at + HOUR) == "power_cut"
    assert kind_at(gone_at + HOUR, 2) == "lost"
    with country.engine.connect() as connection:
        sight = scope.country(connection)
        counted = presences.count_kinds(sight, country.session_id, gone_at + HOUR)
        is_cut = presences.is_kind(sight, country.session_id, "power_cut", gone_at + HOUR)
        assert connection.scalars(select(participation.c.site_id).where(is_cut)).all() == [1]
    assert (counted["power_cut"], counted["lost"]) == (1, 1)
    assert kind_at(now + 4 * HOUR) == "lost"  # the power is back, and the machine is not


def test_sites_that_an_announced_power_cut_took_down_together_are_no_news(country, now) -> None:
    names = [f"school {number}" for number in range(4)]
    for number, name in enumerate(names):
        country.site(name)
        country.device(f"d-0000000{number}", name)
    at = now + 2 * HOUR + 1
    ingest(country.engine, [one.presence("lost", at=at) for one in country.senders.values()], POLICY, at)

    def found() -> list[int]:
        with country.engine.connect() as connection:
            return [len(one.sites) for one in cuts.cuts(scope.country(connection), country.session_id, at)]

    assert found() == [4]
    with writing(country.engine) as connection:
        times = {"starts_at": now + 2 * HOUR, "ends_at": now + 4 * HOUR}
        connection.execute(insert(power_cut).values(unit_id=country.unit_id, **times))
    assert found() == []


def test_sites_are_counted_by_the_best_of_their_devices_and_all_of_them_once(country, school, now) -> None:
    for name in ("two", "spare", "waiting", "none"):
        country.site(name)
    second, third = country.device("d-00000002", "two"), country.device("d-00000003", "two")
    spare = country.device("d-00000004", "spare", is_spare=True)
    country.device("d-00000005", "waiting", state="waiting")
    said = [
        school.presence("asleep", at=now),
        second.presence("connected"),
        third.presence("lost"),
        spare.presence("connected"),
    ]
    ingest(country.engine, said, POLICY, now)
    with country.engine.connect() as connection:
        counted = presences.count_kinds(scope.country(connection), country.session_id, now)
    assert counted == {"connected": 1, "asleep": 1, "stopped": 0, "off_hours": 0, "power_cut": 0, "lost": 0, "never": 3}
