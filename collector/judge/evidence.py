"""Finding the evidence that counts for a fact, or saying why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from collector.judge.gates import gate_in_force
from collector.judge.owner import owner_of
from collector.judge.policy import Policy
from collector.judge.situation import Evidence, Situation
from collector.judge.verdict import Verdict
from contract.clock import HOUR_US

_OF_THE_LINE = ("line", "path")  # facts that prove something about one line only


def latest(situation: Situation, fact: str, sources: tuple[str, ...]) -> Evidence | None:
    """Return the latest evidence of a fact from an accepted source; a spare device's never counts.

    Of a fact about the line, evidence from another line, or from behind another router than the machine is behind now,
    is returned only when there is no other.
    """
    usable = [e for e in situation.evidence if e.fact == fact and e.source in sources and not e.is_spare]
    return max(usable, key=lambda e: (*_nearness(situation, e), e.measured_at, e.id), default=None)


def has_moved(found: Evidence, networks: Iterable[Evidence]) -> bool | None:
    """Tell whether a machine is behind another router than when it tested the line; None: that cannot be told.

    `networks`: the evidence of its network; routers are told apart within one device only (docs/adr/0027).
    """
    tested = _router(found)
    since = [e for e in networks if e.device_id == found.device_id and e.measured_at >= found.measured_at]
    now = _router(max(since, key=lambda e: e.measured_at)) if since else None
    return None if tested is None or now is None else tested != now


def _nearness(situation: Situation, found: Evidence) -> tuple[bool, bool]:
    return not _is_other_line(situation, found), not _is_elsewhere(situation, found)


def _is_elsewhere(situation: Situation, found: Evidence) -> bool:
    return found.fact == "line" and bool(has_moved(found, (e for e in situation.evidence if e.fact == "network")))


def _router(found: Evidence) -> str | None:
    mark = (found.findings or {}).get("gateway", {}).get("value")
    return mark if isinstance(mark, str) else None


def _is_other_line(situation: Situation, found: Evidence) -> bool:
    """Tell whether something was measured elsewhere than on the site's line, as far as that can be seen."""
    line = situation.line
    if found.fact not in _OF_THE_LINE or line is None:
        return False
    provider = (found.findings or {}).get("provider", {}).get("value")
    return (
        (found.line_id is not None and found.line_id != line.id)
        or (provider is not None and provider != line.provider)
        or (line.kind != "mobile" and _is_mobile(situation, found))
    )


def _is_mobile(situation: Situation, found: Evidence) -> bool:
    """Tell whether it was measured over 4G: as found with it, or in the same round."""
    same_round = (e for e in situation.evidence if e.fact == "network" and e.report_id == found.report_id)
    findings = [(e.findings or {}) for e in (found, *same_round)]
    return any(one.get("link", {}).get("value") == "mobile" for one in findings)


def counts(situation: Situation, fact: str, policy: Policy, now: int) -> tuple[Evidence | None, Verdict]:
    """Return the evidence that counts for a fact, with the verdict when it is missing, foreign, stale or a failure.

    The verdict beside usable evidence is `ready` with reason `proven` and carries its ids and expiry: rules that
    look at values build theirs from it by `_replace`.
    """
    found = latest(situation, fact, policy.sources[fact])
    if found is None:
        return None, _unknown(situation, fact, "never_checked", {})
    if _is_other_line(situation, found):
        return None, _unknown(situation, fact, "other_line", {}, found)
    if _is_elsewhere(situation, found):
        return None, _unknown(situation, fact, "other_gateway", {}, found)
    gate = gate_in_force(situation.starts_at, now)
    validity_us = policy.validity_us(fact, gate.name)
    expires_at = found.measured_at + validity_us
    if expires_at < now:
        return None, _unknown(situation, fact, "expired", {"validity_h": validity_us / HOUR_US}, found)
    if found.findings is None:
        failure = {"failure": str((found.failure or {}).get("code", "error"))}
        return None, _unknown(situation, fact, "could_not_measure", failure, found)._replace(expires_at=expires_at)
    owner = owner_of("proven", situation)
    return found, Verdict(fact, "", "ready", "proven", {}, owner, found.id, found.report_id, expires_at)


def _unknown(
    situation: Situation, fact: str, reason: str, params: dict[str, Any], found: Evidence | None = None
) -> Verdict:
    verdict = Verdict(fact, "", "unknown", reason, params, owner_of(reason, situation))
    return verdict if found is None else verdict._replace(evidence_id=found.id, report_id=found.report_id)
