"""Writing what the judge found: standings, flags and flag changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import Connection, delete, select, tuple_

from collector.judge.flags import FlagChange
from collector.judge.judge import Standing
from collector.judge.situation import Situation
from collector.judge.verdict import Verdict
from collector.store.tables import flag, flag_change, standing
from provisioning.store.rows import insert, upsert
from provisioning.store.tables import participation


class Judged(NamedTuple):
    """A participation's situation, its new standing, and what changed."""

    situation: Situation
    standing: Standing
    changes: list[FlagChange]
    has_new_level: bool


def write(connection: Connection, judged: Iterable[Judged], policy: str, now: int) -> None:
    """Write standings, bring the flags to what the verdicts say, and keep each change with its input."""
    judged = list(judged)
    turned = [_standing(j.standing, policy, now) for j in judged if j.has_new_level]
    stayed = [_standing(j.standing, policy, now) for j in judged if not j.has_new_level]
    upsert(connection, standing, turned, ["participation_id"])
    upsert(connection, standing, stayed, ["participation_id"], keep=["since_at"])
    _write_flags(connection, judged, now)
    changes = [_change(j, change, policy, now) for j in judged for change in j.changes]
    insert(connection, flag_change, changes)


def due(connection: Connection, now: int, most: int) -> list[int]:
    """Return sites that must be judged: never yet, or such that time alone may have changed them."""
    rows = connection.execute(
        select(participation.c.site_id)
        .outerjoin(standing, standing.c.participation_id == participation.c.id)
        .where((standing.c.due_at <= now) | standing.c.participation_id.is_(None))
        .limit(most)
    )
    return list(dict.fromkeys(row.site_id for row in rows))


def _standing(found: Standing, policy: str, now: int) -> dict[str, Any]:
    return {
        "participation_id": found.participation_id,
        "level": found.level,
        "since_at": now,
        "verdicts": to_json([verdict._asdict() for verdict in found.verdicts]).decode(),
        "policy": policy,
        "judged_at": now,
        "due_at": found.due_at,
    }


def _write_flags(connection: Connection, judged: list[Judged], now: int) -> None:
    cleared: list[tuple[int, str, str]] = []
    changed: list[dict[str, Any]] = []
    renewed: list[dict[str, Any]] = []
    for j in judged:
        id_ = j.situation.participation_id
        flagged = {verdict.key: verdict for verdict in j.standing.verdicts if verdict.level != "ready"}
        changed_keys = {change.key for change in j.changes}
        cleared += [(id_, *key) for key in changed_keys - flagged.keys()]
        for key, verdict in flagged.items():
            (changed if key in changed_keys else renewed).append(_flag(id_, verdict, now))
    if cleared:
        row = tuple_(flag.c.participation_id, flag.c.fact, flag.c.metric)
        connection.execute(delete(flag).where(row.in_(cleared)))
    keys = ["participation_id", "fact", "metric"]
    upsert(connection, flag, changed, keys)
    upsert(connection, flag, renewed, keys, keep=["since_at"])


def _flag(participation_id: int, verdict: Verdict, now: int) -> dict[str, Any]:
    return {
        "participation_id": participation_id,
        "fact": verdict.fact,
        "metric": verdict.metric,
        "level": verdict.level,
        "reason": verdict.reason,
        "params": to_json(verdict.params).decode(),
        "owner": verdict.owner,
        "report_id": verdict.report_id,
        "since_at": now,
    }


def _change(judged: Judged, change: FlagChange, policy: str, now: int) -> dict[str, Any]:
    verdict = change.new or change.old
    assert verdict is not None  # noqa: S101 - a change has at least one side
    fact, metric = change.key
    return {
        "participation_id": judged.situation.participation_id,
        "fact": fact,
        "metric": metric,
        "old_level": change.old.level if change.old else None,
        "new_level": change.new.level if change.new else None,
        "reason": verdict.reason,
        "owner": verdict.owner,
        "report_id": verdict.report_id,
        "policy": policy,
        "input": to_json(_input(judged.situation, verdict)).decode(),
        "at": now,
    }


def _input(situation: Situation, verdict: Verdict) -> dict[str, Any]:
    """Return what the verdict was judged by: enough to judge it again, with the policy of that hash and the time."""
    kinds = (verdict.fact, "network")  # the network tells whose a lossy path is
    return {
        **situation._asdict(),
        "line": situation.line._asdict() if situation.line else None,
        "evidence": [e._asdict() for e in situation.evidence if e.fact in kinds],
        "presence": [p._asdict() for p in situation.presence] if verdict.fact == "presence" else [],
    }
