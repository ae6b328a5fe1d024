"""What changes without a message: silence, age, gates, the registry and the policy."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from collector.intake import ingest as intake
from collector.intake.ingest import ingest
from collector.intake.judging import rejudge
from collector.intake.sweep import LIVE_LOST_AFTER_US, PRESENCE_LOST_AFTER_US, sweep
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import policies
from collector.store.tables import presence
from contract import wire
from provisioning.store.engine import record_changes, writing
from provisioning.store.tables import change, device, line, session, site

SEED_TEXT = SEED.read_text(encoding="utf-8")
POLICY = load_policy(SEED_TEXT)
HOUR = 3600 * 1_000_000


@pytest.fixture
def school(country: Any) -> Any:
    """A viewing school with one PC."""
    country.participation_id = country.site("school")
    return country.device("d-00000001", "school")


def _presence(country: Any) -> str:
    with country.engine.connect() as connection:
        return str(connection.execute(select(presence.c.state)).scalar_one())


def test_a_site_nobody_heard_of_is_unknown_after_the_first_sweep(country: Any, school: Any, now: int) -> None:
    sweep(country.engine, POLICY, now)

    assert country.level(country.participation_id) == "unknown"
    assert set(country.flags(country.participation_id).values()) == {("unknown", "never_checked", "site")}


def test_a_device_that_falls_silent_is_lost_after_150_seconds_and_keeps_its_level(
    country: Any, school: Any, now: int
) -> None:
    ingest(country.engine, [school.presence("connected"), school.report(1)], POLICY, now)

    sweep(country.engine, POLICY, now + PRESENCE_LOST_AFTER_US)
    assert _presence(country) == "connected"
    sweep(country.engine, POLICY, now + PRESENCE_LOST_AFTER_US + 1)

    assert _presence(country) == "lost"
    assert country.level(country.participation_id) == "ready"


@pytest.mark.parametrize(
    ("tick_s", "live", "state"),
    [(wire.LIVE_TICK_S, (1,), "lost"), (wire.LIVE_TICK_S, (), "connected"), (wire.TICK_S, (1,), "connected")],
)
def test_who_ticks_as_in_live_mode_is_lost_within_seconds_and_nobody_else_is(
    country: Any, school: Any, now: int, tick_s: int, live: tuple[int, ...], state: str
) -> None:
    ingest(country.engine, [school.presence("connected"), school.snapshot(tick_s=tick_s)], POLICY, now)
    sweep(country.engine, POLICY, now + LIVE_LOST_AFTER_US, live)
    assert _presence(country) == "connected"
    sweep(country.engine, POLICY, now + LIVE_LOST_AFTER_US + 1, live)
    assert _presence(country) == state


def test_who_was_taken_for_lost_too_soon_is_back_with_its_next_tick(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.presence("connected"), school.snapshot(tick_s=wire.LIVE_TICK_S)], POLICY, now)
    later = now + LIVE_LOST_AFTER_US + 1
    sweep(country.engine, POLICY, later, (1,))
    ingest(country.engine, [school.snapshot(at=later, tick_s=wire.LIVE_TICK_S)], POLICY, later)
    assert _presence(country) == "connected"


def test_a_device_that_said_it_stops_stays_stopped(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.presence("connected"), school.presence("stopped")], POLICY, now)

    sweep(country.engine, POLICY, now + 24 * HOUR)

    assert _presence(country) == "stopped"


def test_a_device_taken_for_lost_is_connected_again_when_it_speaks(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.presence("connected")], POLICY, now)
    sweep(country.engine, POLICY, now + HOUR)

    ingest(country.engine, [school.snapshot(at=now + HOUR)], POLICY, now + HOUR)

    assert _presence(country) == "connected"


def test_evidence_past_its_validity_makes_the_site_unknown_without_a_message(
    country: Any, school: Any, now: int
) -> None:
    with writing(country.engine) as connection:
        connection.execute(update(session).values(starts_at=now + 200 * HOUR, ends_at=now + 204 * HOUR))
    ingest(country.engine, [school.report(1)], POLICY, now)  # until T-7d, 168 h before, at +32 h

    sweep(country.engine, POLICY, now + 31 * HOUR)
    assert country.level(country.participation_id) == "ready"
    sweep(country.engine, POLICY, now + 49 * HOUR)  # the gate is T-1d: all but the line is valid for 48 h

    assert country.level(country.participation_id) == "unknown"
    expired = {(fact, ""): "expired" for fact in ("path", "host", "clock", "sound", "display")}
    assert {key: reason for key, (_, reason, _) in country.flags(country.participation_id).items()} == expired


def test_an_interactive_site_must_be_connected_from_one_hour_before(country: Any, now: int) -> None:
    participation_id = country.site("hall", role="interactive")
    hall = country.device("d-00000009", "hall")
    ingest(country.engine, [hall.presence("connected"), hall.report(1), hall.presence("stopped")], POLICY, now)
    sweep(country.engine, POLICY, now + 5 * HOUR)
    assert country.level(participation_id) == "ready"

    arrivals = [hall.report(2, at=now + 11 * HOUR)]
    ingest(country.engine, arrivals, POLICY, now + 11 * HOUR - 1)
    assert country.level(participation_id) == "ready"
    sweep(country.engine, POLICY, now + 11 * HOUR)

    assert country.flags(participation_id) == {("presence", ""): ("not_ready", "not_connected", "site")}


def test_in_the_last_hour_who_goes_is_judged_at_once_and_before_it_is_not_looked_at(
    country: Any, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    participation_id = country.site("hall", role="interactive")
    hall = country.device("d-00000009", "hall")
    last_hour = now + 11 * HOUR
    ingest(country.engine, [hall.presence("connected"), hall.report(1, at=last_hour)], POLICY, now)
    judged: list[set[int]] = []
    monkeypatch.setattr(intake, "rejudge", lambda *told: judged.append(told[1]) or rejudge(*told))

    ingest(country.engine, [hall.presence("stopped"), hall.presence("connected", 2)], POLICY, last_hour - 1)
    sweep(country.engine, POLICY, last_hour)
    assert country.flags(participation_id) == {}
    ingest(country.engine, [hall.presence("stopped", 2, at=last_hour)], POLICY, last_hour)

    assert [len(sites) for sites in judged] == [0, 1]
    assert country.flags(participation_id) == {("presence", ""): ("not_ready", "not_connected", "site")}


def test_a_new_policy_flips_exactly_the_sites_between_the_old_limit_and_the_new(country: Any, now: int) -> None:
    rates = {"slow": 2.0, "below": 6.5, "on the new limit": 7.0, "above": 7.5}
    sites = {}
    for number, (name, rate) in enumerate(rates.items()):
        sites[name] = country.site(name)
        sender = country.device(f"d-0000001{number}", name)
        ingest(country.engine, [sender.report(1, sender.body(line={"download_mbps": rate}))], POLICY, now)
    before = {name: country.level(id_) for name, id_ in sites.items()}
    assert before == {"slow": "not_ready", "below": "ready", "on the new limit": "ready", "above": "ready"}
    sweep(country.engine, POLICY, now)

    stricter = SEED_TEXT.replace("at_least = 6, minimum = 3", "at_least = 7, minimum = 3")
    assert stricter != SEED_TEXT
    with writing(country.engine) as connection:
        policies.load(connection, stricter, "noc", now)
    swept = sweep(country.engine, POLICY, now)

    after = {name: country.level(id_) for name, id_ in sites.items()}
    assert after == before | {"below": "at_risk"}
    assert swept.policy.sha256 != POLICY.sha256


def test_a_changed_line_changes_whose_problem_it_is(country: Any, school: Any, now: int) -> None:
    bad = school.body(line={"download_mbps": 4.0})
    ingest(country.engine, [school.report(1, bad)], POLICY, now)
    sweep(country.engine, POLICY, now)

    with writing(country.engine) as connection:
        site_id = connection.execute(select(site.c.id)).scalar_one()
        connection.execute(update(line).values(download_mbps=5.0, paid_by="ministry"))
        record_changes(connection, [("site", site_id)])
    sweep(country.engine, POLICY, now)

    assert country.flags(country.participation_id) == {
        ("line", "download_mbps"): ("at_risk", "package_low", "ministry")
    }


def test_evidence_of_a_revoked_device_counts_no_more(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(1)], POLICY, now)
    sweep(country.engine, POLICY, now)

    with writing(country.engine) as connection:
        connection.execute(update(device).values(state="revoked"))
        record_changes(connection, [("device", connection.execute(select(device.c.id)).scalar_one())])
    sweep(country.engine, POLICY, now)

    assert country.level(country.participation_id) == "unknown"


def test_a_sweep_with_nothing_to_do_writes_nothing(country: Any, school: Any, now: int) -> None:
    ingest(country.engine, [school.report(1)], POLICY, now)
    sweep(country.engine, POLICY, now)
    with country.engine.connect() as connection:
        before = connection.execute(select(change)).all()

    sweep(country.engine, POLICY, now + 1)

    with country.engine.connect() as connection:
        assert connection.execute(select(change)).all() == before


def test_many_sites_are_swept_in_several_short_transactions(country: Any, now: int) -> None:
    for number in range(503):
        country.site(f"school {number}")

    assert sweep(country.engine, POLICY, now).is_finished is False
    assert sweep(country.engine, POLICY, now).is_finished is True
