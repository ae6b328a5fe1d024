"""Loss, jitter and round trip to the probe server.

Findings: {"kind": "path", "loss_pct": 0.0, "jitter_ms": {"value": 0.4}, "rtt_ms": {"value": 8.1}, ...}
"""

from __future__ import annotations

from collector.judge.evidence import counts
from collector.judge.owner import owner_of
from collector.judge.policy import Policy
from collector.judge.rules.fact import judge_value
from collector.judge.situation import Evidence, Situation
from collector.judge.verdict import Verdict

_REASONS = {
    "loss_pct": ("loss_high", "%"),
    "jitter_ms": ("jitter_high", "ms"),
    "rtt_ms": ("round_trip_high", "ms"),
}


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge each metric; on Wi-Fi, loss and jitter are the site's to mend before a provider is called."""
    found, verdict = counts(situation, "path", policy, now)
    if found is None or found.findings is None:
        return [verdict]
    verdicts = []
    for metric, bound in policy.bounds(situation.role, situation.medium, "path", situation.bitrate_mbps).items():
        reason, unit = _REASONS[metric]
        is_air = reason in ("loss_high", "jitter_high") and _is_on_wifi(situation, found)
        owner = "site" if is_air else owner_of(reason, situation)
        value = found.findings[metric]
        verdicts.append(judge_value(verdict._replace(metric=metric), value, bound, reason, unit, owner))
    return verdicts


def _is_on_wifi(situation: Situation, found: Evidence) -> bool:
    """Tell whether the device that measured reaches the network through the air, as it last said itself."""
    of_device = [e for e in situation.evidence if e.fact == "network" and e.device_id == found.device_id]
    network = max(of_device, key=lambda e: (e.measured_at, e.id), default=None)
    return network is not None and (network.findings or {}).get("link", {}).get("value") == "wifi"
