"""The judge: a situation, the policy and the time in; verdicts, level and the next time to look out."""

from __future__ import annotations

import logging
from typing import NamedTuple

from collector.judge.gates import gate_in_force
from collector.judge.owner import owner_of
from collector.judge.policy import Policy
from collector.judge.rules import RULES
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict, worst
from contract.clock import SECOND_US

log = logging.getLogger(__name__)

FAILED_AGAIN_AFTER_US = 600 * SECOND_US  # a rule that failed is tried again, perhaps by a mended program


class Standing(NamedTuple):
    """How a participation stands: its level, all verdicts, and when time alone could change them."""

    participation_id: int
    level: str
    verdicts: tuple[Verdict, ...]
    due_at: int | None


def judge(situation: Situation, policy: Policy, now: int) -> Standing:
    """Judge a participation. A rule that raises costs its own verdict (unknown), never the others'."""
    needed = policy.needed(situation.role, situation.medium)
    verdicts: list[Verdict] = []
    due: list[int | None] = [gate_in_force(situation.starts_at, now).until]
    for rule in RULES:
        if rule.fact in needed:
            try:
                verdicts += rule.check(situation, policy, now)
            except Exception:
                log.exception("rule %s failed for participation %s", rule.fact, situation.participation_id)
                params = {"rule": rule.fact}
                owner = owner_of("rule_failed", situation)
                verdicts.append(Verdict(rule.fact, "", "unknown", "rule_failed", params, owner))
                due.append(now + FAILED_AGAIN_AFTER_US)
    due += [v.expires_at + 1 for v in verdicts if v.expires_at is not None]  # expired once past, not at, the time
    level = worst(verdict.level for verdict in verdicts)
    due_at = min((at for at in due if at is not None), default=None)
    return Standing(situation.participation_id, level, tuple(verdicts), due_at)
