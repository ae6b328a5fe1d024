"""Who speaks in which order and on what they fall back: only interactive sites, and everything is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from provisioning import audit, backups, events, speakers
from provisioning.errors import ProvisioningError
from provisioning.identifiers import new_site
from provisioning.store.engine import writing
from provisioning.store.tables import change, device, line, participation, provider, session, site, unit


@pytest.fixture
def codes(engine: Engine) -> list[str]:
    """The codes of three interactive sites and of one that watches, in session s."""
    made = [new_site() for _ in range(4)]
    with writing(engine) as connection:
        events.add_event(connection, "e", "Gặp mặt", "2023-08-15", 5.0, "test", 1)
        events.add_session(connection, "e", "s", "Buổi sáng", 1000, 2000, "test", 1)
        place = {"code": "02", "level": 1, "name": "Tỉnh Hà Giang", "valid_from": "2008-08-01"}
        connection.execute(insert(unit).values(id=1, **place))
        connection.execute(insert(provider), [{"id": n, "code": c, "name": c} for n, c in ((1, "vnpt"), (2, "fpt"))])
        connection.execute(insert(line), [_line(1, 1, "A"), _line(2, 2, "A"), _line(3, 1, "B")])
        for number, code in enumerate(made, 1):
            values = {"code": code, "name": f"Điểm {number}", "unit_id": 1, "created_at": 1}
            connection.execute(insert(site).values(id=number, **values))
            part = {"session_id": 1, "site_id": number, "role": "view" if number == 4 else "interactive"}
            connection.execute(insert(participation).values(id=number, medium="pc", **part))
        for number, is_spare in ((1, False), (2, True)):
            values = {"site_id": 1, "state": "active", "is_spare": is_spare, "generation": 1, "enrolled_at": 1}
            connection.execute(insert(device).values(name=f"d-0000000{number}", bcrypt="", pbkdf2="", **values))
    return made


def _line(number: int, provider_id: int, code: str) -> dict[str, Any]:
    return {"id": number, "provider_id": provider_id, "code": code, "paid_by": "site"}


def told(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        assert audit.verify(connection).broken_at is None
        parts = select(change.c.key).where(change.c.kind == "participation").order_by(change.c.id)
        return list(connection.scalars(parts))


def test_an_order_takes_the_place_of_the_one_before_and_only_what_changed_is_told(engine: Engine, codes) -> None:
    first, second, third, _ = codes
    for order in ([second, first], [second, third], [second, third], []):
        with writing(engine) as connection:
            speakers.set_order(connection, "s", order, "an", 1)
            assert [(place, code) for place, code, _ in speakers.list_order(connection, 1)] == list(enumerate(order, 1))
    assert told(engine) == [2, 1, 1, 3, 2, 3]


def test_whoever_speaks_now_goes_on_when_the_order_changes_around_them(engine: Engine, codes) -> None:
    first, second, third, _ = codes
    with writing(engine) as connection:
        speakers.set_order(connection, "s", [first, second, third], "an", 1)
        connection.execute(update(session).values(speaking=2))
        for order, speaking in (([second, third], 1), ([third, second], 2), ([third, first], 2)):
            speakers.set_order(connection, "s", order, "an", 1)
            assert connection.scalar(select(session.c.speaking)) == speaking


def test_who_only_watches_or_stands_twice_or_is_unknown_speaks_not(engine: Engine, codes) -> None:
    for order in ([codes[3]], [codes[0], codes[0]], ["0000000"], [codes[0], "nobody"]):
        with pytest.raises(ProvisioningError), writing(engine) as connection:
            speakers.set_order(connection, "s", order, "an", 1)
    assert told(engine) == []


def test_a_site_falls_back_on_a_spare_of_its_own_or_on_another_venue(engine: Engine, codes) -> None:
    first, second, _, watching = codes
    with writing(engine) as connection:
        backups.set_spare(connection, "s", first, None, None, "", "an", 1)
        backups.set_venue(connection, "s", second, watching, "cách 2 km", "an", 1)
        backups.set_spare(connection, "s", first, "d-00000002", "fpt/A", "4G", "an", 2)
        listed = [(one.site_code, *one[2:]) for one in backups.list_backups(connection, 1)]
    assert listed == [
        (first, "device", "d-00000002", None, None, "A", "4G"),
        (second, "venue", None, watching, "Điểm 4", None, "cách 2 km"),
    ]
    with writing(engine) as connection:
        backups.remove(connection, "s", second, "an", 3)
        assert [one.site_code for one in backups.list_backups(connection, 1)] == [first]
    assert told(engine) == [1, 2, 1, 2]


def test_another_note_drops_neither_the_spare_that_was_named_nor_its_line(engine: Engine, codes) -> None:
    """Else a spare that is to speak over 4G would be held to the site's own line, which it may have been tested on."""
    first, second, _, watching = codes
    with writing(engine) as connection:
        backups.set_spare(connection, "s", first, "d-00000002", "fpt/A", "4G", "an", 1)
        backups.keep_spare(connection, "s", first, "4G, SIM mới", "an", 2)
        backups.set_venue(connection, "s", second, watching, "cách 2 km", "an", 1)
        backups.keep_spare(connection, "s", second, "", "an", 2)
        listed = [one[2:] for one in backups.list_backups(connection, 1)]
    assert listed == [
        ("device", "d-00000002", None, None, "A", "4G, SIM mới"),
        ("device", None, None, None, None, ""),
    ]


def test_what_cannot_be_fallen_back_on_is_refused(engine: Engine, codes) -> None:
    first, _, _, watching = codes
    wrong = (
        lambda connection: backups.set_spare(connection, "s", watching, None, None, "", "an", 1),
        lambda connection: backups.set_spare(connection, "s", first, "d-00000001", None, "", "an", 1),  # no spare
        lambda connection: backups.set_spare(connection, "s", first, None, "A", "", "an", 1),  # of two providers
        lambda connection: backups.set_spare(connection, "s", first, None, "C", "", "an", 1),
        lambda connection: backups.set_spare(connection, "s", first, None, None, "a\nb", "an", 1),
        lambda connection: backups.set_venue(connection, "s", first, first, "", "an", 1),
        lambda connection: backups.remove(connection, "s", first, "an", 1),
    )
    for attempt in wrong:
        with pytest.raises(ProvisioningError), writing(engine) as connection:
            attempt(connection)
    assert told(engine) == []
