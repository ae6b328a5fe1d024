"""The books of the central invariant: accepted = committed + spooled + dropped + quarantined, as the devices told."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from collector.store import counters
from collector.store.tables import spool, unattributed

_TERMS = (spool.c.accepted, spool.c.committed, spool.c.spooled, spool.c.dropped, spool.c.quarantined)


class Balance(NamedTuple):
    """Reports, counted: what devices accepted, and where each of them is."""

    accepted: int
    committed: int
    spooled: int
    dropped: int
    quarantined: int

    @property
    def difference(self) -> int:
        """How many reports are unaccounted for; below 0: more arrived than the device last told of."""
        return self.accepted - self.committed - self.spooled - self.dropped - self.quarantined


class DeviceBalance(NamedTuple):
    """The books of one device over all its spools."""

    device: str
    balance: Balance


def balance(connection: Connection) -> Balance:
    """Return the balance of the whole country."""
    row = connection.execute(select(*(func.coalesce(func.sum(term), 0) for term in _TERMS))).one()
    return Balance(*map(int, row))


def out_of_balance(connection: Connection, most: int = 50) -> list[DeviceBalance]:
    """Return the devices whose books do not add up, the largest difference first."""
    accepted, *settled = (func.sum(term) for term in _TERMS)
    difference = accepted - sum(settled[1:], start=settled[0])
    query = (
        select(spool.c.device, *(func.sum(term) for term in _TERMS))
        .group_by(spool.c.device)
        .having(difference != 0)
        .order_by(func.abs(difference).desc(), spool.c.device)
        .limit(most)
    )
    return [DeviceBalance(row[0], Balance(*map(int, row[1:]))) for row in connection.execute(query)]


def count_unattributed(connection: Connection) -> int:
    """Return how many messages came that could be laid to no device's account, repetitions and forgotten ones too."""
    kept = int(connection.scalar(select(func.coalesce(func.sum(unattributed.c.times), 0))) or 0)
    return kept + counters.value(connection, counters.FORGOTTEN)


def count_discarded(connection: Connection) -> int:
    """Return how many messages came while the queue was full; the reports among them came again."""
    return counters.value(connection, counters.DISCARDED)
