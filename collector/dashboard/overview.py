"""The overview of a session: one sentence, the numbers, a tile for each province, who speaks, and what changed."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from collector.dashboard.boards import Boards, Key
from collector.dashboard.figures import MANY_PCT, SOME_PCT
from collector.dashboard.live import seen_units
from collector.dashboard.render import Choosing, Seeing, language, page


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """Show how the chosen session stands."""
    if choice.session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    boards: Boards = request.app.state.boards
    return page(
        request,
        "overview.html",
        session=choice.session,
        board=boards.get(sight.connection, Key(choice.session.id, sight.units, language(request))),
        is_country=sight.is_whole,
        many_pct=MANY_PCT,
        some_pct=SOME_PCT,
    )


async def stream(request: Request, session: int, seen: str = "") -> StreamingResponse:
    """Stream the pieces of a session's board as they change."""
    return await follow(request, request.app.state.boards, session, seen)


async def follow(request: Request, boards: Boards, session: int, seen: str) -> StreamingResponse:
    """Stream the pieces of a board of some page as they change; `seen`: the version that the page shows."""
    key = Key(session, await asyncio.to_thread(seen_units, request), language(request))
    try:
        await asyncio.to_thread(boards.look, key)
    except LookupError:
        raise HTTPException(404) from None
    headers = {"X-Accel-Buffering": "no"}  # nginx would hold events back
    events = boards.stream(key, request.headers.get("last-event-id") or seen)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
