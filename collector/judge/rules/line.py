"""Does the line carry what the role needs, down and up?

Findings: {"kind": "line", "method": "threshold", "download": {"outcome": "carries", ...}, ...}, judged by outcomes;
or by another method {"kind": "line", "download_mbps": 94.1, "upload_mbps": 40.3, ...}, judged by rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collector.judge.evidence import counts, latest
from collector.judge.outcomes import THRESHOLD, Findings, carries, falls_short, is_repeated
from collector.judge.owner import owner_of, package_owner
from collector.judge.policy import Bounds, Policy
from collector.judge.rules.measured import ABSENT, Metric, Metrics, is_judged, judge_value
from collector.judge.situation import Evidence, Situation
from collector.judge.verdict import Verdict

METRICS: Metrics = {
    "download_mbps": Metric("at_least", "download_low", "Mbit/s"),
    "upload_mbps": Metric("at_least", "upload_low", "Mbit/s"),
    "download_delay_ms": Metric("at_most", "download_delay_high", "ms", is_optional=True),
    "upload_delay_ms": Metric("at_most", "upload_delay_high", "ms", is_optional=True),
    "rebuffer_pct": Metric("at_most", "playback_stalls", "%", is_optional=True),
}
_OTHER = {"download_mbps": "upload_mbps", "upload_mbps": "download_mbps"}
_PARTS = {
    "download_delay_ms": ("download", "added_delay_ms"),
    "upload_delay_ms": ("upload", "added_delay_ms"),
    "rebuffer_pct": ("playback", "rebuffer_pct"),
}
# What makes a failure somebody else's than the line's, the weightiest first.
_DISTURBANCES = ("server_limit", "other_traffic", "weak_wifi", "busy_processor")


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge both directions, and what the same test tells of delay under load and of playback."""
    found, verdict = counts(situation, "line", policy, now)
    if found is None or found.findings is None:
        return [_unless_consented(verdict, situation, policy)]
    bounds = policy.bounds(situation.role, situation.medium, "line", situation.bitrate_mbps)
    if found.findings.get("method") == THRESHOLD:
        return _by_outcomes(verdict, bounds, found, found.findings, situation)
    rates = {name: found.findings.get(name, ABSENT) for name in bounds}
    return [
        _by_package(judge_value(verdict._replace(metric=name), rates[name], bound, METRICS[name], situation), situation)
        for name, bound in bounds.items()
        if is_judged(METRICS[name], rates[name])
    ]


def _by_outcomes(
    verdict: Verdict, bounds: Mapping[str, Bounds], found: Evidence, findings: Findings, situation: Situation
) -> list[Verdict]:
    judged = {
        name: _judge_direction(
            verdict._replace(metric=name), bounds[name], found, findings[_direction(name)], situation
        )
        for name in _OTHER
        if name in bounds and _direction(name) in findings
    }
    for name in _OTHER:
        if name in bounds and name not in judged:
            judged[name] = _judge_untried(verdict._replace(metric=name), judged.get(_OTHER[name]))
    for name, bound in bounds.items():
        value = _part(findings, name)
        if name in _PARTS and is_judged(METRICS[name], value):
            part = judge_value(verdict._replace(metric=name), value, bound, METRICS[name], situation)
            transfer = judged.get("upload_mbps" if _PARTS[name][0] == "upload" else "download_mbps")
            judged[name] = _judge_part(part, bound, found, transfer, situation)
    return list(judged.values())


def _judge_direction(
    verdict: Verdict, bound: Bounds, found: Evidence, tested: Findings, situation: Situation
) -> Verdict:
    """Judge a direction by today's limits, whatever the need was that it was tested at."""
    metric = METRICS[verdict.metric]
    params = {"measured": tested["rate_mbps"], "ready": bound.ready, "minimum": bound.beyond, "unit": metric.unit}
    verdict = verdict._replace(params=params | {"low": tested["low_mbps"], "high": tested["high_mbps"]})
    # What is unsure is never ready, however high its rate: a bucket may not have been empty yet.
    is_ready = None if tested["outcome"] == "unsure" else carries(tested, bound.ready)
    if is_ready:
        return verdict._replace(reason="ok")
    if is_ready is None:
        is_unsure = tested["outcome"] == "unsure"
        reason, params = "unsure" if is_unsure else "need_changed", verdict.params | {"tested": tested["need_mbps"]}
        unknown = verdict._replace(level="unknown", reason=reason, params=params, owner=owner_of(reason, situation))
        return _by_disturbance(unknown, found, situation) if is_unsure else unknown
    is_below = carries(tested, bound.beyond) is False
    level, limit = ("not_ready", bound.beyond) if is_below else ("at_risk", bound.ready)
    failed = verdict._replace(level=level, reason=metric.reason, owner=owner_of(metric.reason, situation))
    direction = _direction(verdict.metric)
    return _unless_provisional(
        _by_disturbance(_by_package(failed, situation), found, situation),
        is_repeated(found, lambda earlier: falls_short(earlier, direction, limit)),
        situation,
    )


def _judge_untried(verdict: Verdict, other: Verdict | None) -> Verdict:
    """Judge a direction that was left out because the other one had failed: it is never worse than that one."""
    level = "at_risk" if other is not None and other.level == "at_risk" else "unknown"
    owner = other.owner if other is not None else verdict.owner
    return verdict._replace(level=level, reason="not_tried", owner=owner)


def _judge_part(
    verdict: Verdict, bound: Bounds, found: Evidence, transfer: Verdict | None, situation: Situation
) -> Verdict:
    """Complete the verdict on what a transfer tells beside its rate: whose a failed transfer is, this is too."""
    if verdict.level in ("ready", "unknown"):
        return verdict
    if transfer is not None and transfer.level != "ready":
        verdict = verdict._replace(owner=transfer.owner)

    def fails(earlier: Findings) -> bool | None:
        value = _part(earlier, verdict.metric)
        value = value.get("value") if isinstance(value, dict) else value
        return None if value is None or earlier.get("disturbances") else bound.level(value) == "not_ready"

    return _unless_provisional(_by_disturbance(verdict, found, situation), is_repeated(found, fails), situation)


def _by_disturbance(verdict: Verdict, found: Evidence, situation: Situation) -> Verdict:
    """Return the verdict, or that something else than the line was in the way."""
    told = (found.findings or {}).get("disturbances", ())
    reason = next((one for one in _DISTURBANCES if one in told), None)
    if reason is None:
        return verdict
    level = "unknown" if reason == "server_limit" or verdict.level == "unknown" else "at_risk"
    return verdict._replace(level=level, reason=reason, owner=owner_of(reason, situation))


def _unless_provisional(verdict: Verdict, has_failed_before: bool, situation: Situation) -> Verdict:
    """Return the verdict of a failure, which is never worse than at risk until it was repeated at another time."""
    verdict = verdict._replace(params={**verdict.params, "is_repeated": has_failed_before})
    if verdict.level != "not_ready" or has_failed_before:
        return verdict
    if verdict.reason == "package_low":  # then one test and the package agree
        return verdict._replace(level="at_risk")
    return verdict._replace(level="at_risk", reason="unconfirmed", owner=owner_of("unconfirmed", situation))


def _by_package(verdict: Verdict, situation: Situation) -> Verdict:
    """Return the verdict, or that the package is too small, which is no fault of whoever carries the line."""
    package = getattr(situation.line, verdict.metric, None)
    if verdict.level in ("ready", "unknown") or package is None or package >= verdict.params["ready"]:
        return verdict
    params = {**verdict.params, "package": package}
    return verdict._replace(reason="package_low", params=params, owner=package_owner(situation))


def _unless_consented(verdict: Verdict, situation: Situation, policy: Policy) -> Verdict:
    """Return the verdict, or that nothing was measured because nobody has let a test spend a 4G line's bytes."""
    found, line = latest(situation, "line", policy.sources["line"]), situation.line
    is_refused = found is not None and (found.failure or {}).get("code") == "needs_consent"
    is_open = line is not None and line.kind == "mobile" and line.consented_mb is None
    if not is_refused and not (is_open and found is None):
        return verdict
    return verdict._replace(reason="needs_consent", params={}, owner=owner_of("needs_consent", situation))


def _direction(metric: str) -> str:
    return metric.removesuffix("_mbps")


def _part(findings: Findings, metric: str) -> Any:
    outer, inner = _PARTS.get(metric, ("", ""))
    return findings.get(outer, {}).get(inner, ABSENT)
