"""Does the line carry what the role needs, down and up?

Findings: {"kind": "line", "download_mbps": 94.1, "upload_mbps": 40.3, ...}
"""

from __future__ import annotations

from collector.judge.owner import package_owner
from collector.judge.policy import Policy
from collector.judge.rules.measured import Metric, Metrics, judge_fact
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict

METRICS: Metrics = {
    "download_mbps": Metric("at_least", "download_low", "Mbit/s"),
    "upload_mbps": Metric("at_least", "upload_low", "Mbit/s"),
}


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge both directions; what the package cannot give is no fault of whoever carries the line."""
    return [_by_package(verdict, situation) for verdict in judge_fact("line", METRICS, situation, policy, now)]


def _by_package(verdict: Verdict, situation: Situation) -> Verdict:
    package = getattr(situation.line, verdict.metric, None)
    if verdict.level in ("ready", "unknown") or package is None or package >= verdict.params["ready"]:
        return verdict
    params = {**verdict.params, "package": package}
    return verdict._replace(reason="package_low", params=params, owner=package_owner(situation))
