"""The sweep: what time alone changes, and what changed in the registry or the policy since it last looked."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Engine

from collector.intake.judging import rejudge
from collector.judge.policy import Policy
from collector.store import counters, policies
from collector.store.intake import campaigns, changes, devices, standings
from provisioning.store.engine import record_changes, writing

PRESENCE_LOST_AFTER_US = 150 * 1_000_000
MOST_SITES = 500  # in one transaction: ingest must not wait long for it


class Swept(NamedTuple):
    """The policy that is live now, and whether the sweep left work for the next one."""

    policy: Policy
    is_finished: bool


def sweep(engine: Engine, policy: Policy, now: int) -> Swept:
    """Look once: lost devices, registry changes, a new policy, verdicts that are due. One short transaction."""
    with writing(engine) as connection:
        told = changes.since_last_sweep(connection)
        if any(change.kind == "policy" for change in told):
            policy = policies.live(connection)
        changes.make_due(connection, told)
        rows, sites = _lose_silent(connection, now)
        sites |= set(standings.due(connection, now, MOST_SITES))
        rows += rejudge(connection, sites, policy, now)
        rows += campaigns.finish(connection, now)
        record_changes(connection, rows)
    return Swept(policy, len(sites) < MOST_SITES)


def has_judged_all(connection: Connection, now: int) -> bool:
    """Tell whether a registry that was filled at once has been swept: until then ingest has little time for devices."""
    return counters.value(connection, counters.SWEPT) > 0 and not standings.due(connection, now, 1)


def _lose_silent(connection: Connection, now: int) -> tuple[list[tuple[str, int]], set[int]]:
    silent = devices.silent(connection, now - PRESENCE_LOST_AFTER_US, MOST_SITES)
    if silent:
        devices.mark_lost(connection, [device_id for device_id, _ in silent], now)
    return [("presence", device_id) for device_id, _ in silent], {site_id for _, site_id in silent}
