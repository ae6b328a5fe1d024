"""The overview of a session: one sentence, the numbers, a tile for each province, who speaks, and what changed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from collector.dashboard.boards import Boards, Key, follow
from collector.dashboard.figures import MANY_PCT, SOME_PCT
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
