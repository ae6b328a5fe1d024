"""Judging one value, or the fact that there is none."""

from __future__ import annotations

from typing import Any

from collector.judge.policy import Bounds
from collector.judge.verdict import Verdict


def judge_value(verdict: Verdict, value: Any, bound: Bounds, reason: str, unit: str, owner: str) -> Verdict:
    """Complete a verdict by a number, or by {"value": number} or {"why": ...}: a fact without value is unknown."""
    if isinstance(value, dict):
        if value.get("value") is None:
            failure = {"failure": str(value.get("why", "error"))}
            return verdict._replace(level="unknown", reason="could_not_measure", params=failure)
        value = value["value"]
    params = {"measured": value, "ready": bound.ready, "minimum": bound.beyond, "unit": unit}
    level = bound.level(value)
    if level == "ready":
        return verdict._replace(reason="ok", params=params)
    return verdict._replace(level=level, reason=reason, params=params, owner=owner)
