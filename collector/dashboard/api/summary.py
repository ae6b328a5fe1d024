"""A session in numbers."""

from __future__ import annotations

from fastapi import HTTPException
from pydantic import BaseModel, Field
from starlette.requests import Request

from collector.dashboard.api.asking import SessionId
from collector.dashboard.readings import Readings
from collector.dashboard.render import Seeing, now
from collector.dashboard.words import iso
from collector.store.queries.presences import count_kinds
from collector.store.queries.sessions import all_sessions, choose
from collector.store.queries.summary import summarise
from collector.store.scope import Sight


class LevelCounts(BaseModel):
    """How many sites stand at each level; they sum to all sites."""

    ready: int
    at_risk: int
    not_ready: int
    unknown: int


class FlagCounts(BaseModel):
    """How many flags stand, by whose turn it is."""

    vnpt: int
    other_provider: int
    site: int
    department: int
    ministry: int


class PresenceCounts(BaseModel):
    """How many sites are connected, or why they are not; they sum to all sites."""

    connected: int
    asleep: int
    stopped: int
    off_hours: int
    power_cut: int
    lost: int
    never: int


class Balance(BaseModel):
    """Reports of all devices seen: accepted = committed + spooled + dropped + quarantined, as last told by devices."""

    accepted: int
    committed: int
    spooled: int
    dropped: int
    quarantined: int
    unattributed: int | None = Field(description="On no device's account; null: for whoever does not see the country.")


class Summary(BaseModel):
    """One session in numbers."""

    as_of: str = Field(description="ISO 8601 UTC.")
    session: int = Field(description="Its id.")
    sites: int
    devices: int = Field(description="Active devices of its sites.")
    sites_reported: int
    levels: LevelCounts
    flags: FlagCounts
    presence: PresenceCounts
    balance: Balance


def summary_of(sight: Sight, now_us: int, session: int | None = None) -> Summary | None:
    """Return the figures of a session: the one with this id, else the current one, else the next, else the last."""
    chosen = choose(all_sessions(sight.connection), now_us, session)
    if chosen is None:
        return None
    found = summarise(sight, chosen.id)
    return Summary(
        as_of=iso(now_us),
        session=chosen.id,
        sites=found.sites,
        devices=found.devices,
        sites_reported=found.sites_reported,
        levels=LevelCounts(**found.levels),
        flags=FlagCounts(**found.flags),
        presence=PresenceCounts(**count_kinds(sight, chosen.id, now_us)),
        balance=Balance(**found.balance._asdict(), unattributed=found.unattributed),
    )


def show(request: Request, sight: Seeing, session: SessionId = None) -> Summary:
    """Return the figures of a session, as they were at most two seconds ago."""
    readings: Readings = request.app.state.readings
    found = readings.of(sight, ("summary", session), lambda: summary_of(sight, now(request), session))
    if found is None:
        raise HTTPException(404, "no such session")
    return found
