"""The change rows that the sweep follows: what registry and policy changed, turned into verdicts that are due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select, true, update

from collector.store import counters
from collector.store.tables import standing
from provisioning.store.tables import change, device, participation

_KINDS = ("site", "device", "participation", "session", "policy")  # not those that ingest and sweep write themselves


class Change(NamedTuple):
    """What changed, and its id in its table."""

    kind: str
    key: int


def since_last_sweep(connection: Connection) -> list[Change]:
    """Return the registry's and the policy's changes that no sweep has seen, and move the mark past them."""
    mark = counters.value(connection, counters.SWEPT)
    newest = connection.execute(select(func.coalesce(func.max(change.c.id), 0))).scalar_one()
    if newest == mark:
        return []
    rows = connection.execute(
        select(change.c.kind, change.c.key).where(change.c.id > mark, change.c.id <= newest, change.c.kind.in_(_KINDS))
    )
    found = [Change(row.kind, row.key) for row in rows]
    counters.put(connection, counters.SWEPT, newest)
    return found


def make_due(connection: Connection, changes: Iterable[Change]) -> None:
    """Make every standing that one of the changes touches due at once."""
    keys: dict[str, set[int]] = defaultdict(set)
    for kind, key in changes:
        keys[kind].add(key)
    for kind, ids in keys.items():
        touched = standing.c.participation_id.in_(_participations(kind, ids)) if kind != "policy" else true()
        connection.execute(update(standing).where(touched).values(due_at=0))


def _participations(kind: str, ids: set[int]) -> Select[tuple[int]]:
    found = select(participation.c.id)
    if kind == "participation":
        return found.where(participation.c.id.in_(ids))
    if kind == "session":
        return found.where(participation.c.session_id.in_(ids))
    if kind == "device":
        return found.join(device, device.c.site_id == participation.c.site_id).where(device.c.id.in_(ids))
    return found.where(participation.c.site_id.in_(ids))
