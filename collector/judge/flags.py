"""Flags are the verdicts other than ready that stand; a flag change is a verdict that became another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from collector.judge.verdict import Verdict


class FlagChange(NamedTuple):
    """One verdict that changed; `old` is None when it is new, `new` when it no longer applies."""

    old: Verdict | None
    new: Verdict | None

    @property
    def verdict(self) -> Verdict:
        """The newer of the two that exists."""
        found = self.new or self.old
        assert found is not None  # noqa: S101 - a change without both sides cannot be made
        return found


def diff(old: Iterable[Verdict], new: Iterable[Verdict]) -> list[FlagChange]:
    """Return the verdicts that changed level, reason or owner; a first verdict of ready is no change."""
    before = {verdict.key: verdict for verdict in old}
    after = {verdict.key: verdict for verdict in new}
    changes = []
    for key in [*after, *(key for key in before if key not in after)]:
        was, now = before.get(key), after.get(key)
        if _says(was) != _says(now):
            changes.append(FlagChange(was, now))
    return changes


def _says(verdict: Verdict | None) -> tuple[str, ...] | None:
    if verdict is None or verdict.level == "ready":
        return None
    return verdict.level, verdict.reason, verdict.owner
