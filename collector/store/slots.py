"""Turns of devices to load their lines, as probe servers tell: the newest word on each, kept as long as reports."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select

from collector.probe_server.journal import News
from collector.probe_server.ledger.costs import Costs
from collector.probe_server.ledger.terms import Cost
from collector.store.kept import REPORT_DAYS
from collector.store.tables import slot
from contract.clock import DAY_US
from provisioning.store.rows import upsert
from provisioning.store.tables import device

_STATES = ("booked", "granted", "ended")  # of a turn, one after the other


def take(connection: Connection, news: Sequence[News], now: int) -> None:
    """Write what is told; the same again, or what was before, changes nothing. What is old goes.

    A turn is booked, then granted, then ended, and each state is told with the time since when: so news that somebody
    overheard and plays back later set nothing back.
    """
    names = {one.device for one in news}
    ids = {
        name: id_
        for id_, name in connection.execute(select(device.c.id, device.c.name).where(device.c.name.in_(names)))
    }
    stood = select(slot.c.id, slot.c.state, slot.c.at).where(slot.c.id.in_({one.id for one in news})).with_for_update()
    stands = {id_: (_STATES.index(state), at) for id_, state, at in connection.execute(stood)}
    newest: dict[str, News] = {}
    for one in news:
        step = _STATES.index(one.state), one.at_us
        if one.device in ids and step >= stands.get(one.id, step):
            newest[one.id], stands[one.id] = one, step
    rows = [
        {
            "id": one.id,
            "device_id": ids[one.device],
            "purpose": one.purpose,
            "state": one.state,
            "at": one.at_us,
            "due_at": one.due_us,
            "ending": one.ending,
            "sent_bytes": one.sent_bytes,
            "received_bytes": one.received_bytes,
            "is_server_limited": one.is_server_limited,
            "need_class": one.need_class,
            "held_us": one.held_us,
            "work_bits": one.work_bits,
        }
        for one in newest.values()
    ]
    upsert(connection, slot, rows, ["id"])
    connection.execute(delete(slot).where(slot.c.at < now - REPORT_DAYS * DAY_US))


def costs(connection: Connection) -> Costs:
    """Return what slots cost that ended of themselves lately; one in which nothing moved tells nothing."""
    moved = slot.c.sent_bytes + slot.c.received_bytes
    means = (func.avg(slot.c.held_us), func.avg(slot.c.work_bits), func.avg(moved))
    counted = (slot.c.ending == "told", slot.c.need_class.is_not(None), moved > 0, slot.c.is_server_limited.is_(False))
    rows = connection.execute(
        select(slot.c.need_class, func.count(), *means).where(*counted).group_by(slot.c.need_class)
    )
    return Costs(
        {name: (n, Cost(float(held_us) / 1e6, float(work), float(moved))) for name, n, held_us, work, moved in rows}
    )
