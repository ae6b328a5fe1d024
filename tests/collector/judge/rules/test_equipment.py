"""The same machine is judged by its part in the session: who speaks, who watches, on what."""

from __future__ import annotations

from typing import Any

import pytest

BARE = {"camera_count": 0, "microphone_count": 0, "speaker_count": 0, "display_count": 0}  # a server in a cupboard
LAPTOP = {"camera_count": 1, "microphone_count": 1, "speaker_count": 1, "display_count": 1}
OFFICE = {**LAPTOP, "camera_count": 0, "microphone_count": 0}  # a desktop with speakers and a screen
BLOCKED = {**LAPTOP, "is_allowed": False, "is_microphone_allowed": False}
UNTOLD = {**LAPTOP, "is_allowed": {"why": "unsupported"}, "is_microphone_allowed": {"why": "unsupported"}}
SPEAKS, WATCHES = ("interactive", "pc"), ("view", "pc")
NOBODY_ASKS = (("interactive", "room"), ("interactive", "mytv"), ("view", "room"), ("view", "mytv"))
CASES: list[tuple[dict[str, Any], tuple[str, str], dict[str, tuple[str, str]]]] = [
    (LAPTOP, SPEAKS, {}),
    (LAPTOP, WATCHES, {}),
    (UNTOLD, SPEAKS, {}),
    (OFFICE, WATCHES, {}),
    (
        OFFICE,
        SPEAKS,
        {"camera_count": ("not_ready", "camera_missing"), "microphone_count": ("not_ready", "microphone_missing")},
    ),
    (
        BLOCKED,
        SPEAKS,
        {"camera_count": ("not_ready", "camera_blocked"), "microphone_count": ("not_ready", "microphone_blocked")},
    ),
    (BLOCKED, WATCHES, {}),
    (
        BARE,
        SPEAKS,
        {
            "camera_count": ("not_ready", "camera_missing"),
            "microphone_count": ("not_ready", "microphone_missing"),
            "speaker_count": ("not_ready", "speaker_missing"),
            "display_count": ("not_ready", "display_missing"),
        },
    ),
    (
        BARE,
        WATCHES,
        {"speaker_count": ("at_risk", "speaker_missing"), "display_count": ("at_risk", "display_missing")},
    ),
    *((machine, participation, {}) for participation in NOBODY_ASKS for machine in (BARE, OFFICE, BLOCKED)),
]


@pytest.mark.parametrize(("machine", "participation", "flags"), CASES)
def test_the_same_machine_is_judged_by_its_participation(
    site: Any, machine: dict[str, Any], participation: tuple[str, str], flags: dict[str, tuple[str, str]]
) -> None:
    situation = site.situation(*participation, **machine)

    told = {metric: (level, reason) for (_, metric), (level, reason, _) in site.flags(situation).items()}

    assert told == flags
    assert {owner for _, _, owner in site.flags(situation).values()} <= {"site"}
    worst = max((level for level, _ in flags.values()), key=("at_risk", "not_ready").index, default="ready")
    assert site.level(situation) == worst


@pytest.mark.parametrize("fact", ["camera", "sound", "display"])
def test_a_camera_that_nobody_could_count_is_unknown_and_never_ready(site: Any, fact: str) -> None:
    failed = site.evidence(fact, age=0, number=30, findings=None, failure={"code": "denied", "text": "x"})
    assert site.level(site.situation(*SPEAKS, add=[failed])) == "unknown"


def test_what_nobody_needs_may_be_missing(site: Any) -> None:
    assert site.level(site.situation("view", "pc", without=["camera"])) == "ready"
