"""Who speaks: what is proven of each interactive site, what it falls back on, and who is called next."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from collector.dashboard.boards import Boards, Key, follow
from collector.dashboard.render import Choosing, Seeing, language, now, page
from collector.store import speaking
from provisioning.store.engine import writing

_STEPS = {"next": 1, "back": -1}


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """Show the speakers of the chosen session."""
    if choice.session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    boards: Boards = request.app.state.speakers
    board = boards.get(sight.connection, Key(choice.session.id, sight.units, language(request)))
    return page(request, "speakers.html", session=choice.session, board=board, is_country=sight.is_whole)


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
