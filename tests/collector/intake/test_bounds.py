"""What one hostile device can make the centre keep: everything is counted, and little of it is kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from collector.intake import batch
from collector.intake.books import MOST_ACCEPTED
from collector.intake.ingest import ingest
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store.intake import quarantine as bounds
from collector.store.queries import books
from collector.store.scope import country as country_of
from collector.store.tables import quarantine, spool, unattributed
from contract import wire

POLICY = load_policy(SEED.read_text(encoding="utf-8"))
DAY = 86_400 * 1_000_000


@pytest.fixture
def school(country: Any) -> Any:
    country.site("school")
    return country.device("d-00000001", "school")


def _bodies(country: Any, device: str) -> list[tuple[int, bool]]:
    with country.engine.connect() as connection:
        kept = select(quarantine.c.seq, quarantine.c.body.is_not(None)).where(quarantine.c.device == device)
        return [tuple(row) for row in connection.execute(kept.order_by(quarantine.c.seq))]


def test_of_a_devices_refused_reports_the_newest_bodies_are_kept_and_all_are_counted(
    country: Any, school: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_BODIES", 3)
    other = country.device("d-00000002", "school")
    ingest(country.engine, [other.report(1, b"poison")], POLICY, now)
    for first in (1, 3, 4, 8):
        last = {1: 2, 3: 3, 4: 7, 8: 8}[first]
        ingest(country.engine, [school.report(seq, b"poison") for seq in range(first, last + 1)], POLICY, now)
        assert _bodies(country, school.name) == [(seq, seq > last - 3) for seq in range(1, last + 1)]

    assert country.books(school.name) == {school.spool_id: (8, 0, 0, 0, 8)}
    assert _bodies(country, other.name) == [(1, True)]


def test_a_device_opens_no_more_spools_a_day_than_it_may(
    country: Any, school: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "MOST_NEW_SPOOLS", 3)
    other = country.device("d-00000002", "school")

    def new_spools(numbers: range) -> list[Any]:
        arrivals = []
        for number in numbers:
            school.spool_id, school.accepted = f"{number:016x}", 0
            arrivals.append(school.report(1))
        return arrivals

    receipts = ingest(country.engine, [*new_spools(range(2)), other.report(1)], POLICY, now)
    receipts += ingest(country.engine, new_spools(range(2, 7)), POLICY, now + DAY - 1)
    assert [receipt.ack.spool_id for receipt in receipts if receipt.device == school.name] == [
        f"{number:016x}" for number in range(3)
    ]
    assert country.books(other.name) == {other.spool_id: (1, 1, 0, 0, 0)}
    with country.engine.connect() as connection:
        assert connection.execute(select(unattributed.c.reason, unattributed.c.times)).all() == [("spool", 1)] * 4

    school.spool_id = f"{2:016x}"  # one that is known goes on
    assert [receipt.ack.upto for receipt in ingest(country.engine, [school.report(2)], POLICY, now + DAY - 1)] == [2]
    assert len(ingest(country.engine, new_spools(range(8, 9)), POLICY, now + DAY)) == 1  # the first two are a day old


def test_the_oldest_unattributed_messages_are_forgotten_and_stay_counted(
    country: Any, school: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_UNATTRIBUTED", 3)
    topic = wire.topic_for(school.name, "report")
    for number in (1, 2, 3, 4, 2, 5):
        arrival = school.report(1)._replace(topic=topic, payload=b"no frame %d" % number, received_at=now + number)
        ingest(country.engine, [arrival, arrival], POLICY, now)

    with country.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(unattributed)).scalar_one() == 3
        assert books.count_unattributed(country_of(connection)) == 12


def test_a_device_that_boasts_of_more_reports_than_there_can_be_spoils_no_sum(
    country: Any, school: Any, now: int
) -> None:
    boasts = [
        wire.Frame(f"{number:016x}", 1, wire.MAX_INT, wire.MAX_INT - 1, 0, 0, school.boot_id, 1, now)
        for number in range(3)
    ]
    most = wire.Frame("00000000000000a1", 1, MOST_ACCEPTED, MOST_ACCEPTED - 1, 0, 0, school.boot_id, 1, now)
    arrivals = [
        school.report(1)._replace(payload=wire.encode_report(frame, school.body())) for frame in (*boasts, most)
    ]
    assert [receipt.ack.spool_id for receipt in ingest(country.engine, arrivals, POLICY, now)] == [most.spool_id]

    school.accepted = wire.MAX_INT
    ingest(country.engine, [school.snapshot()], POLICY, now)

    with country.engine.connect() as connection:
        assert books.balance(country_of(connection)).accepted == MOST_ACCEPTED
        assert books.out_of_balance(country_of(connection)) == []
        assert books.count_unattributed(country_of(connection)) == 3
        assert connection.execute(select(spool.c.accepted)).scalars().all() == [MOST_ACCEPTED]
