"""Is the machine's clock right? With a wrong one every page over https fails on that PC.

Findings: {"kind": "clock", "offset_ms": {"value": -1250.5}, ...}
"""

from __future__ import annotations

from collector.judge.policy import Policy
from collector.judge.rules.measured import Metric, Metrics, judge_fact
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict

METRICS: Metrics = {"offset_ms": Metric("at_most", "clock_wrong", "ms", is_signed=True)}


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge how far the clock is off, whichever way."""
    return judge_fact("clock", METRICS, situation, policy, now)
