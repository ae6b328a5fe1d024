"""What a form asks for: done in one transaction, or told on the page again, with what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

from fastapi import Form
from sqlalchemy import Connection, Engine
from starlette.requests import Request

from collector.dashboard.render import now
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing

Text = Annotated[str, Form(max_length=200)]


class Problem(NamedTuple):
    """What is wrong with what was asked for: the page's form, the error, and what was typed."""

    form: str
    error: ProvisioningError
    typed: Mapping[str, str]


def attempt(
    request: Request, form: str, typed: Mapping[str, str], do: Callable[[Connection, str, int], object]
) -> Problem | None:
    """Do it by (connection, login, now) in one transaction; None when it is done."""

    def write(engine: Engine, by: str, now_us: int) -> None:
        with writing(engine) as connection:
            do(connection, by, now_us)

    return attempt_by_itself(request, form, typed, write)


def attempt_by_itself(
    request: Request, form: str, typed: Mapping[str, str], do: Callable[[Engine, str, int], object]
) -> Problem | None:
    """Do it by (engine, login, now), which reads for long before it writes; None when it is done."""
    try:
        do(request.app.state.engine, request.state.person.login, now(request))
    except ProvisioningError as error:
        return Problem(form, error, typed)
    return None
