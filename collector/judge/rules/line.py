"""Does the line carry what the role needs, down and up?

Findings: {"kind": "line", "download_mbps": 94.1, "upload_mbps": 40.3, ...}
"""

from __future__ import annotations

from collector.judge.evidence import counts
from collector.judge.owner import owner_of, package_owner
from collector.judge.policy import Bounds, Policy
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict

_REASONS = {"download_mbps": "download_low", "upload_mbps": "upload_low"}


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge both directions against the limits of the participation."""
    found, verdict = counts(situation, "line", policy, now)
    if found is None or found.findings is None:
        return [verdict]
    bounds = policy.bounds(situation.role, situation.medium, "line", situation.bitrate_mbps)
    return [
        _direction(verdict._replace(metric=metric), float(found.findings[metric]), bound, situation)
        for metric, bound in bounds.items()
    ]


def _direction(verdict: Verdict, measured: float, bound: Bounds, situation: Situation) -> Verdict:
    params = {"measured": measured, "ready": bound.ready, "minimum": bound.beyond, "unit": "Mbit/s"}
    level = bound.level(measured)
    if level == "ready":
        return verdict._replace(reason="ok", params=params)
    package = getattr(situation.line, verdict.metric, None)
    if package is not None and package < bound.ready:
        params["package"] = package
        return verdict._replace(level=level, reason="package_low", params=params, owner=package_owner(situation))
    reason = _REASONS[verdict.metric]
    return verdict._replace(level=level, reason=reason, params=params, owner=owner_of(reason, situation))
