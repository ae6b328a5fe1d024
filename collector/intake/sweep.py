"""The sweep: what time alone changes, and what changed in the registry or the policy since it last looked."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from collector.intake.judging import rejudge
from collector.judge.policy import Policy
from collector.store import counters, policies
from collector.store.intake import campaigns, changes, devices, situations, standings
from contract import wire
from contract.clock import SECOND_US
from provisioning.store.engine import record_changes, writing

PRESENCE_LOST_AFTER_US = 150 * SECOND_US
LIVE_LOST_AFTER_US = 3 * wire.LIVE_TICK_S * 1_000_000  # of who ticks as in live mode: two ticks may be late
MOST_SITES = 500  # in one transaction: ingest must not wait long for it


class Swept(NamedTuple):
    """The policy that is live now, and whether the sweep left work for the next one."""

    policy: Policy
    is_finished: bool


def sweep(engine: Engine, policy: Policy, now: int, live: Collection[int] = ()) -> Swept:
    """Look once: lost devices, registry changes, a new policy, verdicts that are due. One short transaction.

    live: ids of the devices that were asked to tick faster, and are lost sooner once they do.
    """
    with writing(engine) as connection:
        told = changes.since_last_sweep(connection)
        if any(change.kind == "policy" for change in told):
            policy = policies.live(connection)
        changes.make_due(connection, told)
        rows, silent = _lose_silent(connection, live, now)
        sites = situations.where_presence_counts(connection, silent, now)
        sites |= set(standings.due(connection, now, MOST_SITES))
        rows += rejudge(connection, sites, policy, now)
        rows += campaigns.finish(connection, now)
        record_changes(connection, rows)
    return Swept(policy, max(len(sites), len(silent)) < MOST_SITES)


def has_judged_all(connection: Connection, now: int) -> bool:
    """Tell whether a registry that was filled at once has been swept: until then ingest has little time for devices."""
    return counters.value(connection, counters.SWEPT) > 0 and not standings.due(connection, now, 1)


def _lose_silent(connection: Connection, live: Collection[int], now: int) -> tuple[list[tuple[str, int]], set[int]]:
    silent = dict(devices.silent(connection, now - PRESENCE_LOST_AFTER_US, MOST_SITES))
    if live:
        hushed = devices.silent_among(connection, live, now - LIVE_LOST_AFTER_US)
        silent |= {device_id: site_id for device_id, site_id, snapshot in hushed if _is_lively(snapshot)}
    if silent:
        devices.mark_lost(connection, silent, now)
    return [("presence", device_id) for device_id in silent], set(silent.values())


def _is_lively(snapshot: str | None) -> bool:
    """Tell whether a device ticked as in live mode when it last did: one that was only asked to may be late."""
    return bool(snapshot and json.loads(snapshot).get("tick_s", wire.TICK_S) <= wire.LIVE_TICK_S)
