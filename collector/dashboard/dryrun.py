"""One dry run: how far it has come and why, its sites, and the buttons that start, pause, resume and stop it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Form
from sqlalchemy import Connection, Engine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.acting import Problem, attempt, attempt_by_itself
from collector.dashboard.choice import Choice
from collector.dashboard.dryruns import may_conduct
from collector.dashboard.readings import Readings
from collector.dashboard.render import Choosing, PageNumber, Seeing, language, now, page, pick, see
from collector.dashboard.words import Words
from collector.dryrun import conduct, telling, words
from collector.dryrun.campaign import check_act
from collector.dryrun.checks import NOT_CARRIED, by_outcome
from collector.store import campaigns, rehearsals
from collector.store.queries import campaigns as queries
from collector.store.queries.paging import count_pages
from collector.store.queries.units import names_of
from collector.store.scope import Sight
from provisioning import people

ACTS = {
    "planned": ("start", "remove"),
    "running": ("pause", "stop"),
    "paused": ("resume", "stop"),
}  # by state, the likely first

MARKS = {"both": (True, True), "seen": (True, False), "none": (False, False)}  # whether a site was seen, and heard


def show(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    number: int,
    outcome: str | None = None,
    reason: str | None = None,
    page_number: PageNumber = 1,
) -> Response:
    """Show a dry run; outcome and reason choose which of its sites are listed."""
    return _page(request, sight, choice, number, (outcome, reason), page_number)


def act(request: Request, number: int, what: Annotated[str, Form(alias="act")] = "") -> Response:
    """Start, pause, resume, stop or remove a dry run."""
    if what not in {one for acts in ACTS.values() for one in acts}:
        raise HTTPException(400)

    def do(engine: Engine, by: str, now_us: int) -> None:
        if what == "remove":
            conduct.remove(engine, number, by, now_us)
        else:
            conduct.act(engine, request.app.state.settings, number, what, by, now_us)

    problem = attempt_by_itself(request, "act", {}, do)
    if what == "remove" and problem is None:
        return RedirectResponse("/dryruns", 303)
    return _done(request, number, problem)


def rehearse(
    request: Request,
    number: int,
    code: Annotated[str, Form(alias="site", max_length=20)] = "",
    what: Annotated[str, Form(alias="mark")] = "",
) -> Response:
    """Mark what the centre saw and heard of a site in a dry run that goes on."""
    if what not in MARKS:
        raise HTTPException(400)
    is_seen, is_heard = MARKS[what]

    def do(connection: Connection, by: str, now_us: int) -> None:
        check_act(campaigns.get(connection, number), "rehearse")
        rehearsals.mark(connection, code, is_seen=is_seen, is_heard=is_heard, by=by, now=now_us)

    return _done(request, number, attempt(request, "act", {}, do), "?outcome=#sites")


def _done(request: Request, number: int, problem: Problem | None, part: str = "") -> Response:
    if problem is None:
        return RedirectResponse(f"/dryruns/{number}{part}", 303)
    with request.app.state.engine.connect() as connection:
        choice = pick(request, connection)
        return _page(request, see(request, connection), choice, number, (None, None), 1, problem)


def _page(
    request: Request,
    sight: Sight,
    choice: Choice,
    number: int,
    chosen: tuple[str | None, str | None],
    page_number: int,
    problem: Problem | None = None,
) -> Response:
    found = campaigns.find(sight.connection, number)
    if found is None:
        raise HTTPException(404)
    counts = queries.count_outcomes(sight, number)
    readings: Readings = request.app.state.readings
    still_open: dict[str, int] = (
        readings.of(sight, ("still open", number), lambda: queries.count_open(sight, found)) if found.goes_on else {}
    )
    outcomes = by_outcome(counts)
    outcome, reason = chosen
    listed = sum(n for (one, why), n in counts.items() if outcome in (None, one) and reason in (None, why))
    return page(
        request,
        "dryrun.html",
        status=400 if problem else 200,
        at=f"/dryruns/{number}" if problem else "",
        run=found,
        session=next(one for one in choice.sessions if one.id == found.session_id),
        counts=sorted(counts.items(), key=lambda item: -item[1]),
        outcomes=outcomes,
        waves=queries.count_waves(sight, number),
        left=telling.left(found, _in_step(still_open, outcomes[""]), Words(language(request), now(request))),
        people=people.names(sight.connection),
        places=names_of(sight.connection, found.session_id),
        short=sum(n for (one, _), n in counts.items() if one in NOT_CARRIED),
        moved_bytes=queries.moved_bytes(sight, found),
        entries=queries.page(sight, found, outcome, reason, page_number),
        chosen=chosen,
        number=page_number,
        pages=count_pages(listed),
        address=partial(_address, choice, number),
        acts=ACTS.get(found.state, ()) if may_conduct(request, sight) else (),
        may_conduct=may_conduct(request, sight),
        is_rehearsed="rehearsal" in found.checks and found.goes_on and may_conduct(request, sight),
        is_whole=sight.is_whole,
        problem=problem,
        words=words,
    )


def _in_step(still_open: dict[str, int], number: int) -> dict[str, int]:
    """Return what holds up the sites that are still open, so that it adds up to their number now.

    It is up to two seconds old, and nearly all that have had a result since were testing or waiting for their turn.
    """
    held_up = sum(n for why, n in still_open.items() if why)
    if "" not in still_open or number < held_up:
        return still_open
    return {why: n if why else number - held_up for why, n in still_open.items() if why or number > held_up}


def _address(choice: Choice, number: int, outcome: str | None, reason: str | None = None, page: int = 1) -> str:
    told = {name: text for name, text in (("outcome", outcome), ("reason", reason)) if text is not None}
    query = "&".join(f"{name}={text}" for name, text in {**told, **({"page": page} if page > 1 else {})}.items())
    address = choice.address(f"/dryruns/{number}")
    return f"{address}{'&' if '?' in address else '?'}{query}#sites" if query else f"{address}#sites"
