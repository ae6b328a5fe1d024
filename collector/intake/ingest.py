"""Ingest: a batch of arrivals becomes one transaction, and acknowledgements that may be sent once it has committed.

Nothing is said to a device before COMMIT, so a crash anywhere in here means that the reports come again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from collector.intake.arrival import Arrival
from collector.intake.batch import Batch
from collector.intake.hourly import Hourly
from collector.intake.judging import rejudge
from collector.judge.policy import Policy
from collector.store.intake import books, campaigns, devices, situations
from contract import wire
from provisioning.store.engine import record_changes, writing

log = logging.getLogger(__name__)


class Receipt(NamedTuple):
    """An acknowledgement that is due: to which device, by which broker, up to where."""

    device: str
    edge: int
    ack: wire.Ack


def ingest(
    engine: Engine, arrivals: Sequence[Arrival], policy: Policy, now: int, hourly: Hourly | None = None
) -> list[Receipt]:
    """Take in a batch and return the receipts to send; raises OperationalError when the database cannot take it.

    Readings go to `hourly`, which its owner writes.
    A message that by itself makes the transaction fail is a fault of ours; it is quarantined as `not_processed`,
    so that it neither stops the others nor comes again for ever.
    """
    try:
        return _transaction(engine, arrivals, policy, now, hourly)
    except OperationalError:
        raise
    except Exception:
        log.exception("a batch of %d messages could not be taken in; taking them one by one", len(arrivals))
    receipts: list[Receipt] = []
    for arrival in arrivals:
        try:
            receipts += _transaction(engine, [arrival], policy, now, hourly)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("a message on %s could not be taken in", arrival.topic[:80])
            receipts += _transaction(engine, [arrival], policy, now, hourly, refuse=repr(error)[:300])
    return receipts


def _transaction(
    engine: Engine,
    arrivals: Sequence[Arrival],
    policy: Policy,
    now: int,
    hourly: Hourly | None,
    refuse: str | None = None,
) -> list[Receipt]:
    with writing(engine) as connection:
        topics = [_topic(arrival) for arrival in arrivals]
        names = {topic.device for topic in topics if topic is not None}
        batch = Batch(connection, devices.load(connection, names), books.load(connection, names), now, refuse)
        for arrival, topic in zip(arrivals, topics, strict=True):
            batch.take(arrival, topic)
        batch.write()
        turned = situations.where_presence_counts(connection, batch.sites_turned, now)
        changes = rejudge(connection, batch.sites_to_judge | turned, policy, now)
        changes += campaigns.settle(connection, batch.sites_to_judge, now)
        record_changes(connection, [*batch.changes, *changes])
    if hourly is not None:
        hourly.add(batch.readings)
    return list(_receipts(batch))


def _topic(arrival: Arrival) -> wire.Topic | None:
    try:
        topic = wire.parse_topic(arrival.topic)
    except wire.WireError:
        return None
    return topic if topic.kind in wire.UP else None


def _receipts(batch: Batch) -> Iterable[Receipt]:
    for (device, spool_id), edge in batch.to_acknowledge.items():
        yield Receipt(device, edge, wire.Ack(spool_id, batch.books[device, spool_id].watermark))
