"""The books of the central invariant: accepted = committed + spooled + dropped + quarantined, as the devices told."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from collector.store import counters
from collector.store.scope import Sight
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


def balance(sight: Sight) -> Balance:
    """Return the balance of all devices that are seen."""
    query = select(*(func.coalesce(func.sum(term), 0) for term in _TERMS)).where(sight.device(spool.c.device))
    row = sight.connection.execute(query).one()
    return Balance(*map(int, row))


def out_of_balance(sight: Sight, most: int = 50) -> list[DeviceBalance]:
    """Return the devices whose books do not add up, the largest difference first."""
    accepted, *settled = (func.sum(term) for term in _TERMS)
    difference = accepted - sum(settled[1:], start=settled[0])
    query = (
        select(spool.c.device, *(func.sum(term) for term in _TERMS))
        .where(sight.device(spool.c.device))
        .group_by(spool.c.device)
        .having(difference != 0)
        .order_by(func.abs(difference).desc(), spool.c.device)
        .limit(most)
    )
    return [DeviceBalance(row[0], Balance(*map(int, row[1:]))) for row in sight.connection.execute(query)]


def count_unattributed(sight: Sight) -> int | None:
    """Return how many messages came that could be laid to no device's account, repetitions and forgotten ones too.

    None for whoever does not see the country: nobody knows where they came from.
    """
    if not sight.is_whole:
        return None
    kept = int(sight.connection.scalar(select(func.coalesce(func.sum(unattributed.c.times), 0))) or 0)
    return kept + counters.value(sight.connection, counters.FORGOTTEN)


def count_discarded(sight: Sight) -> int | None:
    """Return how many messages came while the queue was full; the reports among them came again. None: as above."""
    return counters.value(sight.connection, counters.DISCARDED) if sight.is_whole else None
