"""Flags are the verdicts other than ready that stand; a flag change is a verdict that became another."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from collector.judge.verdict import Verdict, worst_of


class FlagChange(NamedTuple):
    """What changed for one key (fact, metric): the verdict before and after.

    Where the key itself had no verdict, because the whole fact was judged and its metrics were not, or the other
    way round, the worst of the fact stands in; None when the fact was not judged at all.
    """

    key: tuple[str, str]
    old: Verdict | None
    new: Verdict | None


def diff(old: Collection[Verdict], new: Collection[Verdict]) -> list[FlagChange]:
    """Return what changed level, reason or owner; a first verdict of ready is no change."""
    before = {verdict.key: verdict for verdict in old}
    after = {verdict.key: verdict for verdict in new}
    changes = []
    for key in [*after, *(key for key in before if key not in after)]:
        was, now = before.get(key), after.get(key)
        if _says(was) != _says(now):
            changes.append(FlagChange(key, was or _of_fact(key[0], old), now or _of_fact(key[0], new)))
    return changes


def _says(verdict: Verdict | None) -> tuple[str, ...] | None:
    if verdict is None or verdict.level == "ready":
        return None
    return verdict.level, verdict.reason, verdict.owner


def _of_fact(fact: str, verdicts: Collection[Verdict]) -> Verdict | None:
    return worst_of(verdict for verdict in verdicts if verdict.fact == fact)
