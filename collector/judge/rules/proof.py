"""Facts that are proven or not, with no limit to compare: picture and sound, two-way rehearsal."""

from __future__ import annotations

from collector.judge.evidence import counts
from collector.judge.policy import Policy
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict


def picture_sound(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge whether somebody or something at the site saw the picture and heard the sound."""
    return [counts(situation, "picture_sound", policy, now)[1]]


def rehearsal(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge whether the site was seen and heard in a rehearsal."""
    return [counts(situation, "rehearsal", policy, now)[1]]
