"""The statements of a session: what there is, and a new one of the figures of now."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.choice import Choice
from collector.dashboard.render import Choosing, Seeing, now, page
from collector.judge.gates import gate_in_force
from collector.statement import make as making
from collector.statement import whose
from collector.store import statements
from collector.store.queries import units
from collector.store.scope import Sight
from provisioning import people
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """List the statements of the chosen session, with a form to make one."""
    return _page(request, sight, choice)


def make(request: Request, sight: Seeing, choice: Choosing, unit: Annotated[str, Form()] = "") -> Response:
    """Make a statement of the figures of now, of a province or of the country, and lead to it."""
    person = request.state.person
    if not person.makes_statements:
        raise HTTPException(403)
    if choice.session is None:
        raise HTTPException(404)
    try:
        seen, place = whose.at(sight, choice.session.id, unit)
    except ProvisioningError as error:
        return _page(request, sight, choice, error, status=400)
    body = making.make(seen, choice.session, place, now(request))
    with writing(request.app.state.engine) as connection:
        unit_id = place.unit_id if place else None
        number = statements.keep(connection, choice.session.id, unit_id, body, person.login, body.as_of)
    return RedirectResponse(choice.address(f"/statements/{number}"), 303)


def _page(
    request: Request, sight: Sight, choice: Choice, problem: ProvisioningError | None = None, *, status: int = 200
) -> Response:
    session = choice.session
    if session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    in_force = units.on_day(sight.connection, units.day_of(sight.connection, session.id)).values()
    seen = [one for one in in_force if one.parent_id is None and (sight.units is None or one.id in sight.units)]
    return page(
        request,
        "statements.html",
        status=status,
        session=session,
        rows=statements.kept(sight, session.id),
        people=people.names(sight.connection),
        provinces=seen,
        is_whole=sight.is_whole,
        gate=gate_in_force(session.starts_at, now(request)).name,
        may_make=request.state.person.makes_statements,
        problem=problem,
    )
