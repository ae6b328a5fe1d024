"""Statements: made, proposed and approved in the browser, shown as a page, and fetched in every form."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.export import turn
from collector.dashboard.render import Choosing, Seeing, language, now, page
from collector.dashboard.words import Words
from collector.judge.gates import gate_in_force
from collector.statement import make as making
from collector.statement import whose
from collector.statement.document import plain
from collector.statement.draw import draw
from collector.statement.forms import BY_NAME, FORMS
from collector.store import statements
from collector.store.queries import units
from collector.store.scope import Sight
from collector.store.statements import Kept
from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing


def show_all(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """List the statements of the chosen session, with a form to make one."""
    return _list(request, sight, choice)


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
        return _list(request, sight, choice, error, status=400)
    body = making.make(seen, choice.session, place, now(request))
    with writing(request.app.state.engine) as connection:
        unit_id = place.unit_id if place else None
        number = statements.keep(connection, choice.session.id, unit_id, body, person.login, now(request))
    return RedirectResponse(choice.address(f"/statements/{number}"), 303)


def show(request: Request, sight: Seeing, choice: Choosing, number: int) -> Response:
    """Show one statement as a page."""
    return _one(request, sight, _found(sight, number))


def sign(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    number: int,
    act: Annotated[Literal["propose", "approve"], Form()],
) -> Response:
    """Propose or approve a statement in the name of whoever is logged in."""
    one = _found(sight, number)
    step = {"propose": statements.propose, "approve": statements.approve}[act]
    try:
        with writing(request.app.state.engine) as connection:
            step(connection, one, request.state.person, now(request))
    except ProvisioningError as error:
        return _one(request, sight, one, error, status=409)
    return RedirectResponse(choice.address(f"/statements/{number}"), 303)


def fetch(request: Request, sight: Seeing, number: int, form: str) -> Response:
    """Answer with a statement as a file; raises HTTPException 503 while enough others wait for theirs."""
    one, written = _found(sight, number), BY_NAME.get(form)
    if written is None:
        raise HTTPException(404)
    with turn():
        body = statements.body_of(sight.connection, one)
        file = written.write(body, whose.signed(sight.connection, one), Words(language(request), body.as_of))
    with writing(request.app.state.engine) as connection:
        detail = {"form": form, "sha256": one.sha256}
        audit.append(connection, request.state.person.login, "exported", f"statement {one.id}", detail, now(request))
    name = quote(f"bien-ban-{one.id}-{one.gate}.{form}", safe="")
    return Response(
        file, media_type=written.media_type, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    )


def _found(sight: Sight, number: int) -> Kept:
    one = statements.find(sight, number)
    if one is None:
        raise HTTPException(404)
    return one


def _list(
    request: Request, sight: Sight, choice: Choosing, problem: ProvisioningError | None = None, *, status: int = 200
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
        provinces=seen,
        is_whole=sight.is_whole,
        gate=gate_in_force(session.starts_at, now(request)),
        may_make=request.state.person.makes_statements,
        problem=problem,
    )


def _one(
    request: Request, sight: Sight, one: Kept, problem: ProvisioningError | None = None, *, status: int = 200
) -> Response:
    body = statements.body_of(sight.connection, one)
    words, person = Words(language(request), body.as_of), request.state.person
    return page(
        request,
        "statement.html",
        status=status,
        one=one,
        document=draw(body, whose.signed(sight.connection, one), words),
        plain=lambda row: plain(row, words),
        forms=FORMS,
        problem=problem,
        may_propose=one.state == "made" and person.proposes,
        may_approve=one.state == "proposed" and person.approves and person.login != one.proposed_by,
    )
