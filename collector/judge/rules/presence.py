"""Is an interactive site connected when it must be: from one hour before the start?

A PC switched off overnight keeps its evidence and its level; only the last hour asks for presence.
"""

from __future__ import annotations

from collector.judge.gates import is_live
from collector.judge.owner import owner_of
from collector.judge.policy import Policy
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict


def check(situation: Situation, policy: Policy, now: int) -> list[Verdict]:
    """Judge the best connected of the site's devices; before T-1h has passed there is nothing to judge."""
    if not is_live(situation.starts_at, now):
        return []
    states = {presence.state for presence in situation.presence if not presence.is_spare}
    if "connected" in states:
        return [Verdict("presence", "", "ready", "present", {}, owner_of("present", situation))]
    if not states:
        return [Verdict("presence", "", "unknown", "never_checked", {}, owner_of("never_checked", situation))]
    state = next((said for said in ("stopped", "asleep") if said in states), "lost")
    owner = owner_of("not_connected", situation)
    return [Verdict("presence", "", "not_ready", "not_connected", {"state": state}, owner)]
