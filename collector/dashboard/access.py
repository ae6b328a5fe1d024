"""Who is asking: a signed cookie after login, and on the demo's API basic authentication."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlencode

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from collector.dashboard.pace import Pace, TooSoon
from collector.dashboard.render import now
from provisioning import people
from provisioning.people import Person
from provisioning.scope import units_of

COOKIE = "diemcau_login"
_VALID_S = 12 * 3600
_API = "/api/v1/"
LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")


class LoginNeeded(Exception):
    """Nobody who may see this is asking."""


def require_person(request: Request) -> None:
    """Put who asks into `request.state.person`; raises LoginNeeded when nobody may be recognised."""
    person = by_cookie(request) or _by_basic(request)
    if person is None:
        raise LoginNeeded
    request.state.person = person


def require_acting(request: Request) -> None:
    """Do the same, and refuse whoever may only look; raises HTTPException."""
    require_person(request)
    if not request.state.person.acts:
        raise HTTPException(403)


def require_near_or_operating(request: Request) -> None:
    """Let in a program on this machine, unless it speaks for another, and whoever looks after the centre."""
    is_near = request.client is not None and request.client.host in LOOPBACK_ADDRESSES
    if not is_near or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        require_operating(request)


def require_operating(request: Request) -> None:
    """Do the same, and refuse whoever does not look after the centre of the whole country; raises HTTPException."""
    require_person(request)
    with request.app.state.engine.connect() as connection:
        is_bound = units_of(connection, request.state.person) is not None
    if is_bound or not request.state.person.operates:
        raise HTTPException(403)


def require_conducting(request: Request) -> None:
    """Do the same, and refuse whoever does not conduct dry runs; raises HTTPException."""
    require_operating(request)
    if not request.state.person.conducts:
        raise HTTPException(403)


def check_password(request: Request, connection: Connection, login: str, password: str) -> Person | None:
    """Return who this is, None when login or password is wrong; raises TooSoon after wrong tries."""

    def look() -> Person | None:
        return people.check_login(connection, login, password)

    pace: Pace = request.app.state.pace
    return pace.try_once(login, now(request), look)


def by_cookie(request: Request) -> Person | None:
    """Return the person whose login the cookie proves, unless they were disabled since."""
    try:
        person_id = _signer(request).loads(request.cookies.get(COOKIE, ""), max_age=_VALID_S)
    except BadSignature:
        return None
    with request.app.state.engine.connect() as connection:
        return people.find(connection, person_id)


def remember(request: Request, response: Response, person: Person) -> None:
    """Set the cookie that proves this login for 12 hours."""
    response.set_cookie(
        COOKIE,
        _signer(request).dumps(person.id),
        max_age=_VALID_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def forget(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def refuse(request: Request, _: Exception) -> Response:
    """Answer a request that needs a login: pages lead to it, everything else is told 401."""
    path = request.url.path
    if path.startswith(_API):
        headers = {"WWW-Authenticate": "Basic"} if request.app.state.settings.is_demo else None
        return JSONResponse({"detail": "login needed"}, 401, headers)
    if path.startswith("/live"):
        return Response(status_code=401)
    back = path + (f"?{request.url.query}" if request.url.query else "")
    address = "/login?" + urlencode({"next": back if request.method == "GET" else "/"})
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def is_own_address(address: str) -> bool:
    """Tell whether an address leads to a page of ours and nowhere else."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()


def _by_basic(request: Request) -> Person | None:
    header = request.headers.get("authorization", "")
    if not (request.app.state.settings.is_demo and request.url.path.startswith(_API) and header.startswith("Basic ")):
        return None
    try:
        login, _, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
        with request.app.state.engine.connect() as connection:
            return check_password(request, connection, login, password)
    except (binascii.Error, UnicodeDecodeError, TooSoon):
        return None


def _signer(request: Request) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(request.app.state.cookie_key, salt="login")
