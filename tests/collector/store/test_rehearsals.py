"""A site is marked seen and heard whether or not a machine is enrolled there, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from collector.dryrun.campaign import CampaignError
from collector.intake.sweep import sweep
from collector.judge.load import load_policy
from collector.judge.policy import SEED
from collector.store import rehearsals
from collector.store.intake import situations
from collector.store.queries import due, facts, proofs, site, summary
from collector.store.scope import country as whole_country
from collector.store.tables import evidence
from provisioning.store.engine import writing

POLICY = load_policy(SEED.read_text(encoding="utf-8"))


def mark(country: Any, code: str, now: int, *, is_heard: bool = True) -> None:
    with writing(country.engine) as connection:
        rehearsals.mark(connection, code, is_seen=True, is_heard=is_heard, by="noc", now=now)
    sweep(country.engine, POLICY, now)


def rehearsed(country: Any, participation_id: int) -> tuple[str, str]:
    with country.engine.connect() as connection:
        verdicts = situations.verdicts(connection, [participation_id])[participation_id]
    return next((one.level, one.reason) for one in verdicts if one.fact == "rehearsal")


def test_a_room_system_is_proven_by_its_rehearsal_with_no_machine_at_the_site(country: Any, now: int) -> None:
    room = country.site("A", role="interactive", medium="room")
    mark(country, "SA", now)
    assert rehearsed(country, room) == ("ready", "proven")
    with country.engine.connect() as connection:
        sight = whole_country(connection)
        assert [(one.fact, one.device) for one in facts.of_site(sight, 1)] == [("rehearsal", None)]
        assert [one.device for one in site.evidence_of(sight, 1).values()] == [None]
        assert [(one.source, one.sites) for one in proofs.proofs(sight, country.session_id)] == [("rehearsal", 1)]


def test_a_later_mark_takes_the_place_of_the_earlier(country: Any, now: int) -> None:
    room = country.site("A", role="interactive", medium="room")
    country.site("B", role="interactive", medium="room")
    for code, is_heard in (("SA", True), ("SB", True), ("SA", False)):
        mark(country, code, now, is_heard=is_heard)
    assert rehearsed(country, room) == ("unknown", "could_not_measure")
    with country.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(evidence)) == 2


def test_a_mark_stays_when_the_machine_beside_it_is_revoked(country: Any, now: int) -> None:
    room = country.site("A", role="interactive", medium="room")
    country.device("d-00000001", "A", state="revoked")
    mark(country, "SA", now)
    assert rehearsed(country, room) == ("ready", "proven")


def test_a_mark_is_no_report_of_a_machine(country: Any, now: int) -> None:
    country.site("A", role="interactive", medium="room")
    mark(country, "SA", now)
    with country.engine.connect() as connection:
        sight = whole_country(connection)
        (found,) = due.lacking(sight, country.session_id, "T-7d", 1)
        assert found.lacks == ("enrolled", "reported")
        assert summary.summarise(sight, country.session_id).sites_reported == 0


def test_a_site_that_does_not_exist_is_not_marked(country: Any, now: int) -> None:
    with pytest.raises(CampaignError, match="Không có điểm cầu NOWHERE"):
        mark(country, "NOWHERE", now)
