"""The windows of dry runs that no longer fit their session, because it moved or they reach into it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, case, or_, select

from collector.dryrun.campaign import GOES_ON
from collector.store.tables import campaign
from provisioning.store.tables import session

_AHEAD = ("planned", *GOES_ON)  # states in which its window still matters


class Outdated(NamedTuple):
    """A dry run whose window no longer fits."""

    id: int
    name: str
    session: str
    opens_at: int
    closes_at: int
    moved_at: int | None  # when the session moved after the run was planned


def outdated(connection: Connection, event_id: int) -> list[Outdated]:
    """Return the dry runs of an event's sessions that were planned before the session moved, or reach into it.

    One that may load sessions reaches into it because somebody wished so.
    """
    has_moved = session.c.moved_at > campaign.c.made_at
    overlaps = and_(campaign.c.opens_at < session.c.ends_at, campaign.c.closes_at > session.c.starts_at)
    query = (
        select(
            *(campaign.c.id, campaign.c.name, session.c.name, campaign.c.opens_at, campaign.c.closes_at),
            case((has_moved, session.c.moved_at)),
        )
        .join(session, session.c.id == campaign.c.session_id)
        .where(session.c.event_id == event_id, campaign.c.state.in_(_AHEAD))
        .where(or_(has_moved, and_(overlaps, campaign.c.may_load_sessions.is_(False))))
        .order_by(campaign.c.id)
    )
    return [Outdated(*row) for row in connection.execute(query)]
