"""What questions to the API have in common: the session, paging, the filters, and how a refusal looks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from collector.dashboard.render import Seeing, now
from collector.store.queries.sessions import Session, all_sessions, choose

_MOST_ID = 2**63  # what a column holds


class Problem(BaseModel):
    """A question that was refused."""

    detail: str = Field(description="What was wrong, for a person.")


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "A parameter makes no sense; `detail` names it."},
    401: {"model": Problem, "description": "Nobody has logged in."},
    404: {"model": Problem, "description": "There is no such session, site or unit, or it is not yours to see."},
    "default": {"model": Problem, "description": "Anything else that went wrong."},
}


class Level(StrEnum):
    """How a site stands, best first; docs/rules.md."""

    ready = "ready"
    at_risk = "at_risk"
    unknown = "unknown"
    not_ready = "not_ready"


class Owner(StrEnum):
    """Whose turn it is."""

    vnpt = "vnpt"
    other_provider = "other_provider"
    site = "site"
    department = "department"
    ministry = "ministry"


class Role(StrEnum):
    """The part of a site in a session."""

    interactive = "interactive"
    view = "view"


class Medium(StrEnum):
    """What a site takes part by."""

    mytv = "mytv"
    pc = "pc"
    room = "room"


SessionId = Annotated[
    int | None,
    Query(ge=1, lt=_MOST_ID, description="Id of a session; without it the current one, else the next, else the last."),
]
UnitCode = Annotated[
    str | None, Query(max_length=10, description="Code of a province, with all that lies in it, or of a district.")
]
Levels = Annotated[tuple[Level, ...], Query(description="Only these levels; repeat it for several.")]
OwnerName = Annotated[Owner | None, Query(description="Only what is this owner's turn.")]
After = Annotated[
    int, Query(ge=0, lt=_MOST_ID, description="`next` of the page before; without it the first page comes.")
]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many items a page has at most.")]


def _choose(request: Request, sight: Seeing, session: SessionId = None) -> Session:
    chosen = choose(all_sessions(sight.connection), now(request), session)
    if chosen is None:
        raise HTTPException(404, "no such session")
    return chosen


Chosen = Annotated[Session, Depends(_choose)]


class Page(BaseModel):
    """A page of a longer list, in an order that nothing that happens meanwhile disturbs."""

    session: int = Field(description="Id of the session.")
    next: int | None = Field(description="`after` of the next page; null: this is the last one.")
