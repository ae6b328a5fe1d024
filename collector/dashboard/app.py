"""Puts the dashboard together: routes, login, safety headers, assets and the stream of changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from collector.dashboard import access, overview_board, render, speakers_board
from collector.dashboard.api.asking import PROBLEMS
from collector.dashboard.boards import Boards
from collector.dashboard.capacity_sheets import CapacitySheets
from collector.dashboard.guard import Guard
from collector.dashboard.live import Feed
from collector.dashboard.pace import Pace
from collector.dashboard.probe_servers import Documents
from collector.dashboard.readings import Readings
from collector.dashboard.routes import ROUTES
from contract import __version__
from contract.clock import wall_us
from provisioning import secret_files, site_links
from provisioning.errors import ProvisioningError
from provisioning.settings import Settings


def build_app(engine: Engine, settings: Settings, now: Callable[[], int] = wall_us) -> FastAPI:
    """Return the web application over this database; `now` tells microseconds since 1970 UTC."""
    readings, sheets = Readings(), CapacitySheets()
    boards = Boards(engine, now, partial(overview_board.draw, readings=readings))
    drawing = partial(speakers_board.draw, sheets=sheets)
    speakers = Boards(engine, now, drawing, ages_s=speakers_board.AGES_S)

    def note(kinds: Collection[str] | None) -> None:
        for kept in (sheets, boards, speakers):  # the sheets first: the boards are drawn from them
            kept.note(kinds)

    feed = Feed(engine, note)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with feed.running(), boards.running(), speakers.running():
            yield

    app = FastAPI(
        title="Điểm Cầu",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # would fetch scripts from a CDN
        redoc_url=None,
        openapi_url=None,  # a route of ours, which asks for a login
    )
    app.add_exception_handler(access.LoginNeeded, access.refuse)
    app.add_exception_handler(HTTPException, _show_error)
    app.add_exception_handler(RequestValidationError, _show_error)
    app.add_exception_handler(ProvisioningError, _show_error)  # that no page tells beside its form
    app.add_exception_handler(DataError, _show_error)  # what no column can hold: a NUL, a number beyond 64 bits
    app.state.engine = engine
    app.state.settings = settings
    app.state.feed = feed
    app.state.boards = boards
    app.state.speakers = speakers
    app.state.sheets = sheets
    app.state.pace = Pace()
    app.state.readings = readings
    app.state.now = now
    secrets = settings.folder("secrets")
    app.state.cookie_key = secret_files.key(secrets, "login-cookie.key")
    app.state.link_key = secret_files.key(secrets, site_links.KEY)
    app.state.documents = Documents(engine, secret_files.key(secrets, "permit-key"))
    _add_routes(app)
    app.mount("/static", StaticFiles(directory=render.STATIC))
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(Guard)
    return app


def _add_routes(app: FastAPI) -> None:
    for route in ROUTES:
        app.add_api_route(
            route.path,
            route.answer,
            methods=[route.method],
            dependencies=[] if route.is_open else [Depends(route.lets_in)],
            include_in_schema=route.path.startswith("/api/"),
            responses=PROBLEMS if route.path.startswith("/api/") else None,
        )


def _show_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    problem = error if isinstance(error, ProvisioningError) else None
    if request.url.path.startswith("/api/"):
        detail = problem.en if problem else "the request cannot be understood"
        if isinstance(error, HTTPException):
            detail = error.detail
        if isinstance(error, RequestValidationError):
            detail = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors())
        return JSONResponse({"detail": detail}, status)
    return render.page(request, "error.html", status=status, code=status, problem=problem)
