"""Judging sites anew inside a transaction: read their situations, judge, write what changed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from collector.judge.flags import diff
from collector.judge.judge import judge
from collector.judge.policy import Policy
from collector.judge.verdict import worst
from collector.store.intake import situations, standings


def rejudge(connection: Connection, site_ids: Collection[int], policy: Policy, now: int) -> list[tuple[str, int]]:
    """Judge every participation of these sites; return the change rows that tell of it."""
    if not site_ids:
        return []
    found = situations.load(connection, site_ids)
    before = situations.verdicts(connection, [situation.participation_id for situation in found])
    judged = []
    for situation in found:
        standing = judge(situation, policy, now)
        stood = before.get(situation.participation_id)
        has_new_level = stood is None or worst(verdict.level for verdict in stood) != standing.level
        judged.append(standings.Judged(situation, standing, diff(stood or (), standing.verdicts), has_new_level))
    standings.write(connection, judged, policy.sha256, now)
    return [("standing", situation.participation_id) for situation in found]
