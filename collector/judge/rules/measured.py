"""What the rules of measured facts share: their metrics, and how the evidence is judged by the limits of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from collector.judge.evidence import counts
from collector.judge.owner import owner_of
from collector.judge.policy import Bounds, Policy
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict


class Metric(NamedTuple):
    """A number that a fact is judged by: the side of its limit that is good, why it is flagged, its unit as shown."""

    side: Literal["at_least", "at_most"]
    reason: str
    unit: str
    is_signed: bool = False  # then its size is judged, whichever its sign
    is_optional: bool = False  # then it is not judged where it was not asked for, or by agents older than it


Metrics = Mapping[str, Metric]
ABSENT = {"why": "absent"}


def judge_fact(fact: str, metrics: Metrics, situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge each metric that the participation has a limit for; or the fact as a whole when no evidence counts."""
    found, verdict = counts(situation, fact, policy, now)
    if found is None or found.findings is None:
        return [verdict]
    bounds = policy.bounds(situation.role, situation.medium, fact, situation.bitrate_mbps)
    values = {
        name: found.findings.get(name, ABSENT) if metrics[name].is_optional else found.findings[name] for name in bounds
    }
    return [
        judge_value(verdict._replace(metric=name), values[name], bound, metrics[name], situation)
        for name, bound in bounds.items()
        if is_judged(metrics[name], values[name])
    ]


def is_judged(metric: Metric, value: Any) -> bool:
    """Tell whether there is something to judge: an optional metric that is absent stands for nothing, good or bad."""
    return not (metric.is_optional and value == ABSENT)


def judge_value(verdict: Verdict, value: Any, bound: Bounds, metric: Metric, situation: Situation) -> Verdict:
    """Complete a verdict by a number, or by {"value": number} or {"why": ...}: a fact without value is unknown."""
    if isinstance(value, dict):
        if value.get("value") is None:
            failure = {"failure": str(value.get("why", "error"))}
            return verdict._replace(level="unknown", reason="could_not_measure", params=failure)
        value = value["value"]
    value = abs(value) if metric.is_signed else value
    params = {"measured": value, "ready": bound.ready, "minimum": bound.beyond, "unit": metric.unit}
    level = bound.level(value)
    if level == "ready":
        return verdict._replace(reason="ok", params=params)
    owner = owner_of(metric.reason, situation)
    return verdict._replace(level=level, reason=metric.reason, params=params, owner=owner)
