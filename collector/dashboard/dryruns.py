"""Dry runs: what there is, and how a new one is made, with what it will take before it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query
from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.acting import Problem, Text, attempt_by_itself
from collector.dashboard.choice import Choice
from collector.dashboard.render import Choosing, Seeing, now, page, pick, see
from collector.dryrun import conduct, words
from collector.dryrun.campaign import CampaignError, default_end
from collector.dryrun.checks import BY_DEVICES, CHECKS, by_outcome
from collector.dryrun.conduct import Wish
from collector.dryrun.prediction import Prediction
from collector.dryrun.selection import Selection
from collector.store import campaigns
from collector.store.queries.campaigns import count_outcomes
from collector.store.queries.sessions import Session, all_sessions
from collector.store.queries.units import day_of, names_of, on_day
from collector.store.scope import Sight
from provisioning import moments
from provisioning.errors import ProvisioningError


class Form(NamedTuple):
    """What the form of a new dry run holds, as typed."""

    session: int | None
    name: str
    checks: tuple[str, ...]
    unit: str
    role: str
    medium: str
    retest: int | None
    is_elsewhere: bool
    is_any_hour: bool
    may_load_sessions: bool
    opens: str
    closes: str


def _read(
    session: int | None = None,
    name: Annotated[str, Query(max_length=200)] = "",
    check: Annotated[list[str] | None, Query(max_length=8)] = None,
    unit: Annotated[str, Query(max_length=20)] = "",
    role: Annotated[str, Query(max_length=20)] = "",
    medium: Annotated[str, Query(max_length=20)] = "",
    retest: Annotated[str, Query(max_length=12)] = "",
    elsewhere: bool = False,
    any_hour: bool = False,
    during_sessions: bool = False,
    opens: Annotated[str, Query(max_length=30)] = "",
    closes: Annotated[str, Query(max_length=30)] = "",
) -> Form:
    earlier = int(retest) if retest.isdecimal() else None
    how = elsewhere, any_hour, during_sessions
    return Form(session, name, tuple(check or BY_DEVICES), unit, role, medium, earlier, *how, opens, closes)


Filled = Annotated[Form, Depends(_read)]


def may_conduct(request: Request, sight: Sight) -> bool:
    """Tell whether who asks starts and stops dry runs."""
    return sight.is_whole and bool(request.state.person.conducts)


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """Show the dry runs, the newest first, each with how far it has come."""
    found = campaigns.every(sight.connection)
    names = {one.id: one.name for one in choice.sessions}
    return page(
        request,
        "dryruns.html",
        runs=[(one, names[one.session_id], by_outcome(count_outcomes(sight, one.id))) for one in found],
        going_on=next((one for one in found if one.goes_on), None),
        may_conduct=may_conduct(request, sight),
        words=words,
    )


def plan(request: Request, sight: Seeing, choice: Choosing, form: Filled) -> Response:
    """Show the form of a new dry run and, once it is filled, what that would take."""
    return _page(request, sight, choice, form)


def make(request: Request, form: Filled, name: Text = "") -> Response:
    """Make the dry run whose form is in the address, and go on to it; what cannot be is told with the form."""
    made: list[int] = []

    def do(engine: Engine, by: str, now_us: int) -> None:
        with engine.connect() as connection:
            filled = _fill(form._replace(name=name), all_sessions(connection), now_us)
        made.append(conduct.make(engine, request.app.state.settings, _wish(filled, now_us), by, now_us))

    problem = attempt_by_itself(request, "dryrun", {"name": name}, do)
    if problem is None:
        return RedirectResponse(f"/dryruns/{made[0]}", 303)
    with request.app.state.engine.connect() as connection:
        choice = pick(request, connection, form.session)
        return _page(request, see(request, connection), choice, form._replace(name=name), problem)


def _page(request: Request, sight: Sight, choice: Choice, form: Form, problem: Problem | None = None) -> Response:
    moment = now(request)
    chosen = choice.session
    is_asked = form.session is not None or problem is not None
    form = _fill(form._replace(session=chosen.id if chosen else None), choice.sessions, moment)
    told: Prediction | None = None
    if is_asked and chosen is not None:
        try:
            wish = _wish(form, moment)
            told = conduct.foresee(sight.connection, request.app.state.settings, wish, moment).prediction
        except ProvisioningError as error:
            problem = problem or Problem("dryrun", error, {})
    return page(
        request,
        "dryrun_new.html",
        status=400 if problem else 200,
        form=form,
        told=told,
        problem=problem,
        checks=[check.name for check in CHECKS],
        provinces=_provinces(sight.connection, form.session),
        places={} if form.session is None else names_of(sight.connection, form.session),
        earlier=[one for one in campaigns.every(sight.connection) if one.started_at is not None],
        has_others=len(request.app.state.settings.probed) > 1,
        words=words,
    )


def _provinces(connection: Connection, session_id: int | None) -> list[Any]:
    if session_id is None:
        return []
    return [one for one in on_day(connection, day_of(connection, session_id)).values() if one.parent_id is None]


def _fill(form: Form, sessions: Iterable[Session], moment: int) -> Form:
    """Return the form with the window that it has unless another is typed."""
    closes = moments.write(default_end(moment, [one.starts_at for one in sessions]))
    return form._replace(opens=form.opens or moments.write(moment), closes=form.closes or closes)


def _wish(form: Form, moment: int) -> Wish:
    if form.session is None:
        raise CampaignError("Chưa có buổi họp nào: thêm ở trang Sự kiện.", "There is no session yet: see Events.")
    selection = Selection(
        units=(form.unit,) if form.unit else (),
        roles=(form.role,) if form.role else (),
        media=(form.medium,) if form.medium else (),
        not_carried_in=form.retest,
    )
    window = moments.read(form.opens, moment), moments.read(form.closes, moment)
    how = form.is_elsewhere, form.is_any_hour, form.may_load_sessions
    return Wish(form.name, form.session, form.checks, selection, *window, *how)
