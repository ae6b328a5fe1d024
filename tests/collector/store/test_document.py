"""What probe servers are told, out of the registry."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import line_tests
from collector.store.queries import document
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import change, device, event, line, participation, session, site, unit

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
HOUR = 3_600_000_000


@pytest.fixture
def build(country: Any, now: int):
    def at(moment: int = now) -> document.Document:
        with country.engine.connect() as connection:
            mark = document.mark(connection, document.Mark())
            return document.build(connection, document.version(connection, mark, moment), moment)

    return at


@pytest.fixture
def another_session(country: Any, now: int):
    """A function that makes the first site take part in a session that ends at this hour, and returns its id."""

    def make(ends_in_h: int, role: str, medium: str, bitrate_mbps: float = 5.0) -> int:
        values = {"name": "n", "starts_at": now + (ends_in_h - 2) * HOUR, "ends_at": now + ends_in_h * HOUR}
        with writing(country.engine) as connection:
            of = {"code": f"e{ends_in_h}", "name": "e", "units_as_of": "2023-08-15", "bitrate_mbps": bitrate_mbps}
            event_id = connection.execute(insert(event).values(of).returning(event.c.id)).scalar_one()
            values |= {"code": f"s{ends_in_h}", "event_id": event_id}
            made = connection.execute(insert(session).values(values).returning(session.c.id)).scalar_one()
            part = {"session_id": made, "site_id": 1, "role": role, "medium": medium}
            connection.execute(insert(participation).values(part))
        return int(made)

    return make


def needs_of_first(built: document.Document) -> document.Needs:
    number = built.devices["d-00000001"].needs
    assert number is not None
    return built.needs[number]


def test_a_device_is_told_with_its_sites_needs_and_units_and_those_that_may_not_ask_are_absent(country, build) -> None:
    country.site("speaks", role="interactive")
    country.site("watches", medium="mytv")
    country.device("d-00000001", "speaks")
    country.device("d-00000002", "watches")
    country.device("d-00000003", "watches", state="revoked")
    country.device("d-00000004", "watches", state="waiting")
    with writing(country.engine) as connection:
        place = {"code": "001", "level": 2, "name": "Quận Ba Đình", "valid_from": "2008-08-01"}
        district = connection.execute(insert(unit).values(**place, parent_id=country.unit_id).returning(unit.c.id))
        connection.execute(update(site).where(site.c.name == "watches").values(unit_id=district.scalar_one()))
        connection.execute(update(device).where(device.c.name == "d-00000002").values(generation=3))
    built = build()
    assert {name: (client.generation, client.units) for name, client in built.devices.items()} == {
        "d-00000001": (1, ("01",)),
        "d-00000002": (3, ("01", "001")),
    }
    speaks, watches = (built.needs[built.devices[name].needs or 0] for name in ("d-00000001", "d-00000002"))
    assert (speaks.download.ready_mbps, speaks.upload.ready_mbps) == (6.0, 6.0)
    assert (watches.download.ready_mbps, watches.upload.ready_mbps) == (7.5, 0.5)
    assert (speaks.is_thorough, speaks.is_watched, watches.is_thorough, watches.is_watched) == (
        True,
        False,
        False,
        True,
    )


@pytest.mark.parametrize("bitrate_mbps", [0.5, 2.0, 5.0, 12.0])
def test_a_site_that_speaks_is_measured_both_ways_at_the_events_rate(bitrate_mbps: float) -> None:
    stream = document.needs_of(POLICY, document.Part("interactive", "room", bitrate_mbps)).stream
    assert stream.packets / stream.packets_per_s == 10
    for packet_bytes, mbps in ((stream.down_bytes, bitrate_mbps), (stream.up_bytes, min(bitrate_mbps, 6.0))):
        assert stream.packets_per_s * packet_bytes * 8 / 1e6 == pytest.approx(mbps, rel=0.02)


def test_a_site_that_watches_is_measured_by_few_small_packets() -> None:
    stream = document.needs_of(POLICY, document.Part("view", "pc", 5.0)).stream
    assert tuple(stream.model_dump().values()) == (50, 500, 44, 44)


def test_of_several_parts_the_most_demanding_one_counts(country, build, another_session) -> None:
    country.site("school", role="view", medium="pc")
    country.device("d-00000001", "school")
    another_session(30, "interactive", "pc")
    assert needs_of_first(build()).upload.ready_mbps == 6.0
    another_session(40, "view", "mytv", bitrate_mbps=20.0)
    assert needs_of_first(build()).download.ready_mbps == 30.0


def test_a_session_to_come_goes_before_one_that_is_over_and_without_one_that_still_counts(
    country, build, another_session, now
) -> None:
    country.site("school", role="view", medium="pc")  # in the session that ends in 16 hours
    country.device("d-00000001", "school")
    another_session(10, "interactive", "pc")
    before, between, after = build(now), build(now + 11 * HOUR), build(now + 20 * HOUR)
    assert [needs_of_first(one).is_watched for one in (before, between, after)] == [False, True, False]
    assert before.version < between.version < after.version


def test_a_site_that_takes_part_in_nothing_needs_nothing(country, build) -> None:
    country.site("school")
    country.device("d-00000001", "school")
    with writing(country.engine) as connection:
        connection.execute(participation.delete())
    assert build().devices["d-00000001"].needs is None


@pytest.mark.parametrize("kind", document.KINDS)
def test_each_change_that_may_matter_makes_a_new_version_and_others_make_none(country, build, kind) -> None:
    before = build().version
    with writing(country.engine) as connection:
        record_changes(connection, [("standing", 1), ("presence", 2)])
    assert build().version == before
    with writing(country.engine) as connection:
        record_changes(connection, [(kind, 1)])
    assert build().version > before


def test_a_version_does_not_go_back_when_the_change_that_made_it_was_pruned(country, build) -> None:
    with writing(country.engine) as connection:
        record_changes(connection, [("site", 1), ("presence", 1)])
    before = build().version
    with writing(country.engine) as connection:
        connection.execute(delete(change).where(change.c.kind == "site"))
    assert build().version >= before > 0


def test_marks_go_on_from_where_they_were(country) -> None:
    with writing(country.engine) as connection:
        record_changes(connection, [("device", 1), ("standing", 1)])
    with country.engine.connect() as connection:
        first = document.mark(connection, document.Mark())
        assert document.mark(connection, first) == first
    with writing(country.engine) as connection:
        record_changes(connection, [("standing", 2)])
    with country.engine.connect() as connection:
        assert document.mark(connection, first) == (first.read + 1, first.relevant)


def test_a_stop_is_told(country, build, now) -> None:
    assert not build().is_stopped
    with writing(country.engine) as connection:
        line_tests.stop(connection, "noc", now, is_stopped=True)
    assert build().is_stopped


def test_what_a_site_lets_a_test_over_4g_move_is_told_in_bytes(country, build) -> None:
    country.site("consents")
    country.site("does not")
    country.device("d-00000001", "consents")
    country.device("d-00000002", "does not")
    with writing(country.engine) as connection:
        connection.execute(update(line).where(line.c.code == "line of consents").values(consented_mb=20))
    told = {name: client.most_mobile_bytes for name, client in build().devices.items()}
    assert told == {"d-00000001": 20_000_000, "d-00000002": None}
