"""The enrolment app over HTTPS: POST /enrol, GET /ca.pem, GET /healthz."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio.to_thread
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from sqlalchemy import select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contract.enrolment import EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest
from provisioning import authority, secret_files, site_links
from provisioning.broker.coalesce import Coalesced
from provisioning.broker.reload import write_configuration
from provisioning.enrolment import Enrolment, RefusedError
from provisioning.settings import Settings
from provisioning.store.engine import open_engine

_LOG = logging.getLogger(__name__)
_MAX_BODY_BYTES = 16 * 1024
_THREADS = 200  # each enrolment waits for the broker's next reload
_BUSY_RETRY_S = 30
_STATUS = {
    "bad_code": 400,
    "bad_request": 400,
    "wrong_code": 403,
    "revoked": 403,
    "closed": 403,
    "slow_down": 429,
    "busy": 503,
}


def make_enrolment(settings: Settings) -> Enrolment:
    """Wire enrolment to the registry, the keys and the broker of these settings."""
    engine = open_engine(settings.database)
    folder = settings.folder("secrets")
    ca = authority.make_authority(settings.folder("ca"), datetime.now(UTC))
    return Enrolment(
        engine,
        settings,
        code_key=secret_files.key(folder, "code-key"),
        permit_master=secret_files.key(folder, "permit-key"),
        link_key=secret_files.key(folder, site_links.KEY),
        ca_pem=ca.read_text(encoding="ascii"),
        tell_broker=Coalesced(lambda: write_configuration(engine, settings)),
    )


def make_app(enrolment: Enrolment) -> FastAPI:
    """Return the web app; answers and refusals are the contract's, and no error shows what is inside."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        yield

    app = FastAPI(title="Điểm Cầu", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_middleware(_BodyLimit)

    @app.post("/enrol")
    def enrol(request: EnrolmentRequest) -> EnrolmentAnswer:
        return enrolment.enrol(request, time.time_ns() // 1000)

    @app.get("/ca.pem", response_class=PlainTextResponse)
    def ca_pem() -> str:
        return enrolment.ca_pem

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        with enrolment.engine.connect() as connection:
            connection.execute(select(1))
        return {"status": "ok"}

    @app.exception_handler(RefusedError)
    def refused(_: Request, error: RefusedError) -> Response:
        return _refusal(error.refusal)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        where = ", ".join(dict.fromkeys(str(problem["loc"][-1]) for problem in error.errors()))
        return _refusal(_bad_request(f"Yêu cầu không hợp lệ ({where}).", f"The request is not valid ({where})."))

    @app.exception_handler(Exception)
    def failed(_: Request, error: Exception) -> Response:
        _LOG.error("enrolment failed", exc_info=error)
        return _refusal(RefusedError("busy", _BUSY_RETRY_S).refusal)

    return app


def serve(settings: Settings) -> None:
    """Serve enrolment over TLS until SIGTERM or SIGINT, both of which end it with exit code 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    enrolment = make_enrolment(settings)
    write_configuration(enrolment.engine, settings)  # a broker started with an older file catches up
    files = authority.server_certificate(settings.folder("ca"), settings.server_names, datetime.now(UTC))
    uvicorn.run(
        make_app(enrolment),
        host=settings.host,
        port=settings.enrolment_port,
        ssl_certfile=files.certificate,
        ssl_keyfile=files.key,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


def _refusal(refusal: EnrolmentRefusal, status: int | None = None) -> Response:
    headers = {} if refusal.retry_after_s is None else {"Retry-After": str(refusal.retry_after_s)}
    return JSONResponse(refusal.model_dump(), status or _STATUS[refusal.code], headers)


def _bad_request(vi: str, en: str) -> EnrolmentRefusal:
    vi += " Hãy gõ lại mã trên phiếu; nếu vẫn không được, gọi đầu mối của Sở."
    en += " Type the code on the sheet again; if it still fails, call your department's contact."
    return EnrolmentRefusal(code="bad_request", vi=vi, en=en)


class _BodyLimit:
    """Refuses a body over the limit before anything reads it whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > _MAX_BODY_BYTES:
                too_long = _bad_request("Yêu cầu quá dài.", "The request is too long.")
                await _refusal(too_long, status=413)(scope, receive, send)
                return
            if message["type"] != "http.request" or not message.get("more_body"):
                break
        await self._app(scope, _once(body, receive), send)


def _once(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body first and then what else comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
