"""Logging in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard import access
from collector.dashboard.render import Reading, page
from provisioning import people

_Text = Annotated[str, Form(max_length=200)]


def show(request: Request, next: str = "/") -> Response:  # noqa: A002 - the parameter's name in the address
    """Show the form; who is logged in already goes on."""
    if access.by_cookie(request) is not None:
        return RedirectResponse(_onward(next), 303)
    return page(request, "login.html", onward=_onward(next), login="", is_wrong=False)


def enter(
    request: Request,
    connection: Reading,
    login: _Text,
    password: _Text,
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Log in and go on to the page that was wanted; a wrong login or password shows the form again."""
    person = people.check_login(connection, login, password)
    if person is None:
        return page(request, "login.html", status=403, onward=_onward(next), login=login, is_wrong=True)
    response = RedirectResponse(_onward(next), 303)
    access.remember(request, response, person)
    return response


def leave() -> Response:
    """Log out."""
    response = RedirectResponse("/login", 303)
    access.forget(response)
    return response


def _onward(address: str) -> str:
    return address if access.is_own_address(address) else "/"
