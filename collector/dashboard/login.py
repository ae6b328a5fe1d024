"""Logging in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard import access
from collector.dashboard.pace import TooSoon
from collector.dashboard.render import Reading, page

_Text = Annotated[str, Form(max_length=200)]


def show(request: Request, next: str = "/") -> Response:  # noqa: A002 - the parameter's name in the address
    """Show the form; who is logged in already goes on."""
    if access.by_cookie(request) is not None:
        return RedirectResponse(_onward(next), 303)
    return _form(request, next)


def enter(
    request: Request,
    connection: Reading,
    login: _Text,
    password: _Text,
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Log in and go on to the page that was wanted; a wrong login or password shows the form again."""
    try:
        person = access.check_password(request, connection, login, password)
    except TooSoon as refusal:
        shown = _form(request, next, login=login, status=429, wait_s=refusal.wait_s)
        shown.headers["Retry-After"] = str(refusal.wait_s)
        return shown
    if person is None:
        return _form(request, next, login=login, status=403)
    response = RedirectResponse(_onward(next), 303)
    access.remember(request, response, person)
    return response


def _form(request: Request, onward: str, *, login: str = "", status: int = 200, wait_s: int = 0) -> Response:
    return page(
        request, "login.html", status=status, onward=_onward(onward), login=login, is_wrong=status == 403, wait_s=wait_s
    )


def leave() -> Response:
    """Log out."""
    response = RedirectResponse("/login", 303)
    access.forget(response)
    return response


def _onward(address: str) -> str:
    return address if access.is_own_address(address) else "/"
