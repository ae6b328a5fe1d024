"""The overview of a session: how it stands in one sentence, and where."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.render import Choosing, Seeing, page
from collector.store.queries.standings import count_levels, count_needs


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """Show how the chosen session stands."""
    if choice.session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    return page(
        request,
        "overview.html",
        session=choice.session,
        levels=count_levels(sight, choice.session.id),
        needs=count_needs(sight, choice.session.id),
    )
