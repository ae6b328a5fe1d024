"""Has the machine room to run the event: memory, disk, processor?

Findings: {"kind": "host", "memory_available_bytes": {"value": 2147483648}, "disk_free_bytes": {"why": "denied"}, ...}
"""

from __future__ import annotations

from collector.judge.policy import Policy
from collector.judge.rules.measured import Metric, Metrics, judge_fact
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict

METRICS: Metrics = {
    "memory_available_bytes": Metric("at_least", "memory_low", "byte"),
    "disk_free_bytes": Metric("at_least", "disk_low", "byte"),
    "cpu_pct": Metric("at_most", "cpu_high", "%"),
}


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge each metric of the machine."""
    return judge_fact("host", METRICS, situation, policy, now)
