"""Who speaks: what is proven of each interactive site, what it falls back on, and who is called next."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from collector.dashboard.acting import Problem, Text, attempt
from collector.dashboard.boards import Boards, Key, follow
from collector.dashboard.render import Choosing, Seeing, language, now, page, see
from collector.store import live_mode, speaking
from collector.store.queries.sessions import Session, all_sessions, choose
from collector.store.scope import Sight
from contract.clock import HOUR_US
from provisioning import moments
from provisioning.store.engine import writing

LIVE_MODE = "live mode"  # the form
_LASTS_US = 2 * HOUR_US  # what the form proposes
_STEPS = {"next": 1, "back": -1}


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """Show the speakers of the chosen session."""
    if choice.session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    return _page(request, sight, choice.session)


async def stream(request: Request, session: int, seen: str = "") -> StreamingResponse:
    """Stream the pieces of the speakers' board as they change."""
    return await follow(request, request.app.state.speakers, session, seen)


def move(
    request: Request, session: Annotated[int, Form()], to: Annotated[Literal["next", "back"], Form()]
) -> RedirectResponse:
    """Tell everybody that the next speaks now, or the one before after all."""
    try:
        with writing(request.app.state.engine) as connection:
            speaking.move(connection, session, _STEPS[to], request.state.person.login, now(request))
    except LookupError:
        raise HTTPException(404) from None
    request.app.state.speakers.forget(session)
    return RedirectResponse(f"/speakers?session={session}", 303)


def set_live_mode(
    request: Request,
    session: Annotated[int, Form()],
    act: Annotated[Literal["on", "off"], Form()],
    until: Text = "",
) -> Response:
    """Turn live mode on until a moment, or off before its time."""

    def do(connection: Connection, by: str, now_us: int) -> None:
        if act == "on":
            live_mode.turn_on(connection, session, moments.read(until, now_us), by, now_us)
        else:
            live_mode.turn_off(connection, session, by, now_us)

    try:
        problem = attempt(request, LIVE_MODE, {"until": until}, do)
    except LookupError:
        raise HTTPException(404) from None
    request.app.state.speakers.forget(session)
    if problem is None:
        return RedirectResponse(f"/speakers?session={session}#live-mode", 303)
    with request.app.state.engine.connect() as connection:
        chosen = choose(all_sessions(connection), now(request), session)
        if chosen is None:
            raise HTTPException(404)
        return _page(request, see(request, connection), chosen, problem)


def _page(request: Request, sight: Sight, session: Session, problem: Problem | None = None) -> Response:
    boards: Boards = request.app.state.speakers
    moment = now(request)
    return page(
        request,
        "speakers.html",
        status=400 if problem else 200,
        at=f"/speakers?session={session.id}" if problem else "",
        session=session,
        board=boards.get(sight.connection, Key(session.id, sight.units, language(request))),
        is_country=sight.is_whole,
        is_asked_for=live_mode.is_asked_for(sight.connection, session.id, moment),
        until=moments.write(moment + _LASTS_US),
        problem=problem,
    )
