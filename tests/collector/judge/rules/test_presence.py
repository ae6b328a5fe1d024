"""Presence is asked of interactive sites, and only from one hour before the start."""

from __future__ import annotations

from typing import Any

import pytest

from collector.judge.situation import Presence

HOUR = 3_600_000_000
KEY = ("presence", "")
STATES = ("connected", "stopped", "asleep", "lost")
CONNECTED, STOPPED, ASLEEP, LOST = (Presence(1, False, state) for state in STATES)


@pytest.mark.parametrize(
    ("starts_in", "is_asked"), [(48 * HOUR, False), (HOUR + 1, False), (HOUR, True), (0, True), (-2 * HOUR, True)]
)
@pytest.mark.parametrize("medium", ["pc", "room", "mytv"])
def test_an_interactive_site_must_be_present_in_the_last_hour_and_after(
    site: Any, medium: str, starts_in: int, is_asked: bool
) -> None:
    situation = site.situation("interactive", medium, starts_in=starts_in, presence=[LOST])

    assert (KEY in site.verdicts(situation)) == is_asked
    assert site.level(situation) == ("not_ready" if is_asked else "ready")


@pytest.mark.parametrize("medium", ["pc", "room", "mytv"])
def test_a_viewing_site_need_not_be_present(site: Any, medium: str) -> None:
    assert KEY not in site.verdicts(site.situation("view", medium, starts_in=0, presence=[LOST]))


@pytest.mark.parametrize(
    ("presence", "level", "reason", "params"),
    [
        ([CONNECTED], "ready", "present", {}),
        ([LOST, CONNECTED], "ready", "present", {}),
        ([STOPPED], "not_ready", "not_connected", {"state": "stopped"}),
        ([LOST], "not_ready", "not_connected", {"state": "lost"}),
        ([ASLEEP], "not_ready", "not_connected", {"state": "asleep"}),
        ([LOST, ASLEEP], "not_ready", "not_connected", {"state": "asleep"}),
        ([LOST, STOPPED], "not_ready", "not_connected", {"state": "stopped"}),
        ([], "unknown", "never_checked", {}),
        ([Presence(2, True, "lost"), CONNECTED], "ready", "present", {}),  # a spare that is off harms nobody
        ([Presence(2, True, "connected"), LOST], "not_ready", "not_connected", {"state": "lost"}),
    ],
)
def test_a_site_is_present_by_the_best_connected_of_its_devices(
    site: Any, presence: list[Presence], level: str, reason: str, params: dict[str, str]
) -> None:
    verdict = site.verdicts(site.situation("interactive", starts_in=0, presence=presence))[KEY]

    assert (verdict.level, verdict.reason, verdict.params, verdict.owner) == (level, reason, params, "site")
    assert verdict.expires_at is None


def test_a_machine_switched_off_overnight_keeps_its_evidence_and_level(site: Any) -> None:
    situation = site.situation("interactive", starts_in=13 * HOUR, presence=[STOPPED])
    assert site.level(situation, at=12 * HOUR - 1) == "ready"
    assert site.level(situation, at=12 * HOUR) == "not_ready"
