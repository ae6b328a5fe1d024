"""Whether this process can do its work."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse


def show(request: Request) -> JSONResponse:
    """Answer 200 when the database answers, else 503."""
    try:
        with request.app.state.engine.connect() as connection:
            connection.execute(select(1))
    except DBAPIError:
        return JSONResponse({"status": "database unreachable"}, 503)
    return JSONResponse({"status": "ok"})
