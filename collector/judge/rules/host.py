"""Has the machine room to run the event: memory, disk, processor?

Findings: {"kind": "host", "memory_available_bytes": {"value": 2147483648}, "disk_free_bytes": {"why": "denied"}, ...}
"""

from __future__ import annotations

from collector.judge.evidence import counts
from collector.judge.owner import owner_of
from collector.judge.policy import Policy
from collector.judge.rules.fact import judge_value
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict

_REASONS = {
    "memory_available_bytes": ("memory_low", "byte"),
    "disk_free_bytes": ("disk_low", "byte"),
    "cpu_pct": ("cpu_high", "%"),
}


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge each metric of the machine."""
    found, verdict = counts(situation, "host", policy, now)
    if found is None or found.findings is None:
        return [verdict]
    verdicts = []
    for metric, bound in policy.bounds(situation.role, situation.medium, "host", situation.bitrate_mbps).items():
        reason, unit = _REASONS[metric]
        owner = owner_of(reason, situation)
        value = found.findings[metric]
        verdicts.append(judge_value(verdict._replace(metric=metric), value, bound, reason, unit, owner))
    return verdicts
