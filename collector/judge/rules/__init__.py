"""The readiness rules: read RULES to know what is judged. Each is a pure function in a file of its own.

To add one: its file with its metrics, its line here, and in policy.toml who needs it within which limits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from collector.judge.policy import Policy
from collector.judge.rules import clock, equipment, host, line, path, presence, proof
from collector.judge.rules.measured import Metrics
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict


class Rule(NamedTuple):
    """A fact, the function from (situation, policy, now) to its verdicts, and the metrics that have limits."""

    fact: str
    check: Callable[[Situation, Policy, int], list[Verdict]]
    metrics: Metrics


RULES = (
    Rule("line", line.check, line.METRICS),
    Rule("path", path.check, path.METRICS),
    Rule("host", host.check, host.METRICS),
    Rule("camera", equipment.camera, equipment.CAMERA),
    Rule("sound", equipment.sound, equipment.SOUND),
    Rule("display", equipment.display, equipment.DISPLAY),
    Rule("clock", clock.check, clock.METRICS),
    Rule("presence", presence.check, {}),
    Rule("picture_sound", proof.picture_sound, {}),
    Rule("rehearsal", proof.rehearsal, {}),
)
