"""The API: what other programs read. Its description is at /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel
from starlette.requests import Request

from collector.dashboard.render import Seeing, now
from collector.dashboard.words import iso
from collector.store.queries.presences import count_kinds
from collector.store.queries.sessions import all_sessions, choose
from collector.store.queries.summary import summarise
from collector.store.scope import Sight


class Levels(BaseModel):
    """How many sites stand at each level; they sum to all sites."""

    ready: int
    at_risk: int
    not_ready: int
    unknown: int


class Flags(BaseModel):
    """How many flags stand, by whose turn it is."""

    vnpt: int
    other_provider: int
    site: int
    department: int
    ministry: int


class Presence(BaseModel):
    """How many sites are connected, or why they are not; they sum to all sites."""

    connected: int
    asleep: int
    stopped: int
    off_hours: int
    lost: int
    never: int


class Balance(BaseModel):
    """Reports of all devices seen: accepted = committed + spooled + dropped + quarantined, as last told by devices."""

    accepted: int
    committed: int
    spooled: int
    dropped: int
    quarantined: int
    unattributed: int | None


class Summary(BaseModel):
    """One session in numbers."""

    as_of: str
    session: int
    sites: int
    devices: int
    sites_reported: int
    levels: Levels
    flags: Flags
    presence: Presence
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
        levels=Levels(**found.levels),
        flags=Flags(**found.flags),
        presence=Presence(**count_kinds(sight, chosen.id, now_us)),
        balance=Balance(**found.balance._asdict(), unattributed=found.unattributed),
    )


def summary(request: Request, sight: Seeing, session: int | None = None) -> Summary:
    """Return the figures of a session: the one with this id, else the current one, else the next, else the last."""
    found = summary_of(sight, now(request), session)
    if found is None:
        raise HTTPException(404, "no such session")
    return found


def description(request: Request) -> dict[str, Any]:
    """Return the OpenAPI description of the API."""
    document: dict[str, Any] = request.app.openapi()
    return document
