"""Has the PC what its part in the session needs: camera, microphone, speakers, screen?

Who needs what stands in the policy: a room system's camera is proven by a rehearsal, not by a PC that has none.
Findings: {"kind": "camera", "camera_count": {"value": 1}, "is_allowed": {"why": "unsupported"}, ...}
"""

from __future__ import annotations

from collector.judge.owner import owner_of
from collector.judge.policy import Policy
from collector.judge.rules.measured import Metric, Metrics, judge_fact
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict

CAMERA: Metrics = {"camera_count": Metric("at_least", "camera_missing", "")}
SOUND: Metrics = {
    "microphone_count": Metric("at_least", "microphone_missing", ""),
    "speaker_count": Metric("at_least", "speaker_missing", ""),
}
DISPLAY: Metrics = {"display_count": Metric("at_least", "display_missing", "")}


def camera(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge whether there is a camera, and whether the system lets programs use it."""
    verdicts = judge_fact("camera", CAMERA, situation, policy, now)
    return [_unless_blocked(verdict, situation, "is_allowed", "camera_blocked") for verdict in verdicts]


def sound(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge microphone and speakers, and whether the system lets programs use the microphone."""
    verdicts = judge_fact("sound", SOUND, situation, policy, now)
    return [
        _unless_blocked(verdict, situation, "is_microphone_allowed", "microphone_blocked")
        if verdict.metric == "microphone_count"
        else verdict
        for verdict in verdicts
    ]


def display(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge whether there is a screen."""
    return judge_fact("display", DISPLAY, situation, policy, now)


def _unless_blocked(verdict: Verdict, situation: Situation, consent: str, reason: str) -> Verdict:
    """Return the verdict, or that the system keeps programs from what is there; systems without a consent do not."""
    found = next((e for e in situation.evidence if e.id == verdict.evidence_id), None)
    allowed = ((found.findings if found else None) or {}).get(consent, {})
    if verdict.level != "ready" or allowed.get("value") is not False:
        return verdict
    owner = owner_of(reason, situation)
    return verdict._replace(level="not_ready", reason=reason, params={}, owner=owner)
