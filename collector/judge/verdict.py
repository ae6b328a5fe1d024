"""A verdict: one aspect of a site, judged. And the level that a list of verdicts comes to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from contract.reasons import LEVELS


class Verdict(NamedTuple):
    """The judgement of one metric, or of a whole fact when `metric` is empty."""

    fact: str
    metric: str
    level: str
    reason: str
    params: dict[str, Any]
    owner: str
    evidence_id: int | None = None
    report_id: int | None = None
    expires_at: int | None = None  # when its evidence becomes too old; None: never

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the verdict within its participation."""
        return self.fact, self.metric


def worst(levels: Iterable[str]) -> str:
    """Return the worst of some levels, in the order ready < at_risk < unknown < not_ready; of none: unknown."""
    return max(levels, key=LEVELS.index, default="unknown")


def worst_of(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the verdict that gives its level to a list of them, the first of equals; None of none."""
    return max(verdicts, key=lambda verdict: LEVELS.index(verdict.level), default=None)
