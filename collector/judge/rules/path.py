"""Loss, jitter and round trip to the probe server, and how a conversation over that path would sound.

Findings: {"kind": "path", "loss_pct": 0.0, "jitter_ms": {"value": 0.4}, "rtt_ms": {"value": 8.1}, ...}
"""

from __future__ import annotations

from collector.judge.policy import Policy
from collector.judge.rules.measured import Metric, Metrics, judge_fact
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict

METRICS: Metrics = {
    "loss_pct": Metric("at_most", "loss_high", "%"),
    "jitter_ms": Metric("at_most", "jitter_high", "ms"),
    "rtt_ms": Metric("at_most", "round_trip_high", "ms"),
    "r_factor": Metric("at_least", "voice_poor", "", is_optional=True),
}
_OF_THE_AIR = ("loss_high", "jitter_high", "voice_poor")


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge each metric; on Wi-Fi, all but the round trip is the site's to mend before a provider is called."""
    return [
        verdict._replace(owner="site")
        if verdict.reason in _OF_THE_AIR and _is_on_wifi(situation, verdict.evidence_id)
        else verdict
        for verdict in judge_fact("path", METRICS, situation, policy, now)
    ]


def _is_on_wifi(situation: Situation, evidence_id: int | None) -> bool:
    """Tell whether the device that measured reaches the network through the air, as it last said itself."""
    devices = {e.device_id for e in situation.evidence if e.id == evidence_id}
    told = [e for e in situation.evidence if e.fact == "network" and e.device_id in devices]
    network = max(told, key=lambda e: (e.measured_at, e.id), default=None)
    return network is not None and (network.findings or {}).get("link", {}).get("value") == "wifi"
