"""One statement as a page: proposed and approved in the browser, and fetched in every form."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard import files
from collector.dashboard.render import Choosing, Seeing, language, now, page
from collector.dashboard.words import Words
from collector.statement import whose
from collector.statement.document import is_of_numbers, plain
from collector.statement.draw import draw
from collector.statement.forms import BY_NAME, FORMS
from collector.store import statements
from collector.store.scope import Sight
from collector.store.statements import Kept
from provisioning import audit, people
from provisioning.errors import ProvisioningError
from provisioning.store.engine import writing


def show(request: Request, sight: Seeing, choice: Choosing, number: int) -> Response:
    """Show one statement as a page."""
    return _page(request, sight, _found(sight, number))


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
        return _page(request, sight, one, error, status=409)
    return RedirectResponse(choice.address(f"/statements/{number}"), 303)


def fetch(request: Request, sight: Seeing, number: int, form: str) -> Response:
    """Answer with a statement as a file; raises HTTPException 503 while enough others wait for theirs."""
    one, written = _found(sight, number), BY_NAME.get(form)
    if written is None:
        raise HTTPException(404)
    with files.turn():
        body = statements.body_of(sight.connection, one)
        file = written.write(body, whose.signed(sight.connection, one), Words(language(request), body.as_of))
    with writing(request.app.state.engine) as connection:
        detail = {"form": form, "sha256": one.sha256}
        audit.append(connection, request.state.person.login, "exported", f"statement {one.id}", detail, now(request))
    return files.answer(file, written.media_type, f"bien-ban-{one.id}-{one.gate}.{form}")


def _found(sight: Sight, number: int) -> Kept:
    one = statements.find(sight, number)
    if one is None:
        raise HTTPException(404)
    return one


def _page(
    request: Request, sight: Sight, one: Kept, problem: ProvisioningError | None = None, *, status: int = 200
) -> Response:
    body = statements.body_of(sight.connection, one)
    words, person = Words(language(request), body.as_of), request.state.person
    return page(
        request,
        "statement.html",
        status=status,
        one=one,
        people=people.names(sight.connection),
        document=draw(body, whose.signed(sight.connection, one), words),
        plain=lambda row: plain(row, words),
        is_of_numbers=is_of_numbers,
        forms=FORMS,
        problem=problem,
        may_propose=one.state == "made" and person.proposes,
        may_approve=one.state == "proposed" and person.approves and person.login != one.proposed_by,
    )
