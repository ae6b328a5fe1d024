"""Commands that wait for a device to carry them out."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, select, update

from collector.store.tables import command
from contract import wire
from contract.clock import HOUR_US, SECOND_US
from provisioning.store.tables import device

REPEAT_AFTER_US = (5 * SECOND_US, 10 * SECOND_US, 45 * SECOND_US)  # so 5, 15 and 60 s after the first


class Due(NamedTuple):
    """A command to send now."""

    device: str
    command: wire.Command


def ask(connection: Connection, device_id: int, kind: str, probes: Collection[str], by: str, now: int) -> int:
    """Have a device do something within an hour; return the command's number.

    Asked for again while it waits, it is the same command, sent again at once.
    """
    values = {"device_id": device_id, "kind": kind, "probes": json.dumps(list(probes))}
    is_same = [command.c[name] == value for name, value in values.items()]
    waiting = connection.scalar(select(command.c.id).where(*is_same, *_is_open(now)))
    if waiting is not None:
        connection.execute(update(command).where(command.c.id == waiting).values(next_try_at=now))
        return int(waiting)
    times = {"made_at": now, "ends_at": now + HOUR_US, "next_try_at": now}
    row = {**values, **times, "asked_by": by, "tries": 0}
    return int(connection.execute(command.insert().values(row).returning(command.c.id)).scalar_one())


def due(connection: Connection, now: int, most: int = 500) -> list[Due]:
    """Return the commands to send now, and plan their next try."""
    rows = connection.execute(
        select(command, device.c.name)
        .join(device, device.c.id == command.c.device_id)
        .where(command.c.next_try_at <= now, command.c.ends_at > now, device.c.state == "active")
        .limit(most)
    ).all()
    if rows:
        tried = update(command).where(command.c.id == bindparam("number"))
        connection.execute(
            tried.values(tries=command.c.tries + 1, next_try_at=bindparam("next_try")),
            [{"number": row.id, "next_try": _next_try_at(row.tries, now)} for row in rows],
        )
    return [Due(row.name, _message(row.id, row.kind, row.ends_at, row.probes, now)) for row in rows]


def wake(connection: Connection, device_ids: Collection[int], now: int) -> None:
    """Send what waits for these devices again: they have just connected."""
    if not device_ids:
        return
    waits = update(command).where(command.c.device_id.in_(device_ids), *_is_open(now))
    connection.execute(waits.values(next_try_at=now))


def mark_done(connection: Connection, done: Collection[tuple[int, str]], now: int) -> None:
    """Mark commands as carried out, by (device id, command id) as devices list them; ids not ours are ignored."""
    rows = [
        {"device": device_id, "number": int(id_[1:])}
        for device_id, id_ in done
        if id_[0] == "c" and id_[1:].isdecimal() and len(id_) < 18
    ]
    if rows:
        is_open = (command.c.device_id == bindparam("device")) & (command.c.id == bindparam("number"))
        finished = update(command).where(is_open, command.c.done_at.is_(None)).values(done_at=now, next_try_at=None)
        connection.execute(finished, rows)


def _is_open(now: int) -> tuple[ColumnElement[bool], ...]:
    return command.c.done_at.is_(None), command.c.ends_at > now


def _next_try_at(tries: int, now: int) -> int | None:
    return now + REPEAT_AFTER_US[tries] if tries < len(REPEAT_AFTER_US) else None


def _message(number: int, kind: str, ends_at: int, probes: str, now: int) -> wire.Command:
    return wire.Command(f"c{number}", kind, (ends_at - now) // SECOND_US, tuple(json.loads(probes)))
