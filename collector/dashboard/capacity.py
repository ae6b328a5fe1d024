"""The capacity sheet: what a session will ask of the network into each province, and who at VNPT has confirmed it."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from fastapi import Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.capacity_sheets import CapacitySheets
from collector.dashboard.names import short_unit
from collector.dashboard.render import Choosing, Seeing, now, page
from collector.dryrun import demand
from collector.dryrun.conclusions import CAPACITIES
from collector.store.queries import units
from collector.store.queries.capacity import Row, capacities
from collector.store.queries.sessions import Session
from collector.store.scope import Sight
from provisioning import capacity
from provisioning.capacity import Subject
from provisioning.errors import ProvisioningError
from provisioning.names import read_number
from provisioning.store.engine import writing


class Asked(NamedTuple):
    """What the form of one line holds: what is confirmed, or what was entered and cannot be taken."""

    row: Row
    mbps: str
    by: str
    note: str
    problem: ProvisioningError | None = None


class Total(NamedTuple):
    """What all provinces come to by one delivery; Mbit/s."""

    delivery: str
    sites: int
    steady_mbps: float
    peak_mbps: float
    confirmed_mbps: float


def show(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    state: str = "",
    unit: int = 0,
    medium: str = "",
    delivery: str = "",
) -> Response:
    """Show what the chosen session asks for; `unit`, `medium` and `delivery` open the form of one line."""
    if choice.session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    sheets: CapacitySheets = request.app.state.sheets
    rows = sheets.of(sight, choice.session.id)
    asked = next((_form(row) for row in rows if row.key == (unit, medium, delivery)), None)
    return _page(request, sight, choice.session, rows, asked, state)


def note(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    unit: Annotated[int, Form()],
    medium: Annotated[str, Form()],
    delivery: Annotated[str, Form()],
    to: Annotated[Literal["confirm", "withdraw"], Form()],
    mbps: Annotated[str, Form()] = "",
    by: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Note what VNPT has confirmed for one line of the sheet, or take it back."""
    if not request.state.person.confirms:
        raise HTTPException(403)
    rows = capacities(sight, choice.session.id) if choice.session else []
    row = next((row for row in rows if row.key == (unit, medium, delivery)), None)
    if choice.session is None or row is None:
        raise HTTPException(404)
    subject, actor = Subject(choice.session.id, *row.key), request.state.person.login
    try:
        with writing(request.app.state.engine) as connection:
            if to == "withdraw":
                capacity.withdraw(connection, subject, actor, now(request))
            else:
                capacity.confirm(connection, subject, read_number(mbps), by, note, actor, now(request))
    except ProvisioningError as error:
        return _page(request, sight, choice.session, rows, Asked(row, mbps, by, note, error), status=400)
    request.app.state.sheets.note(["capacity"])  # before the change row is read: whoever wrote it must see it
    request.app.state.speakers.forget(choice.session.id)
    return RedirectResponse(choice.address("/capacity"), 303)


def _page(
    request: Request,
    sight: Sight,
    session: Session,
    rows: list[Row],
    asked: Asked | None,
    state: str = "",
    *,
    status: int = 200,
) -> Response:
    in_force = units.on_day(sight.connection, units.day_of(sight.connection, session.id))
    return page(
        request,
        "capacity.html",
        status=status,
        session=session,
        rows=[row for row in rows if state in ("", row.state)],
        state=state,
        counts={name: sum(row.state == name for row in rows) for name in reversed(CAPACITIES)},
        totals=[_total(rows, delivery) for delivery in demand.DELIVERIES],
        units=in_force,
        short_unit=short_unit,
        asked=asked,
        confirms=request.state.person.confirms,
        demand=demand,
    )


def _form(row: Row) -> Asked:
    told = row.confirmed
    return (
        Asked(row, "", "", "")
        if told is None
        else Asked(row, f"{told.mbps:.1f}".removesuffix(".0"), told.by, told.note)
    )


def _total(rows: list[Row], delivery: str) -> Total:
    of_it = [row for row in rows if row.key.delivery == delivery]
    return Total(
        delivery,
        sum(row.needed.sites for row in of_it),
        sum(row.needed.steady_mbps for row in of_it),
        sum(row.needed.peak_mbps for row in of_it),
        sum(row.confirmed.mbps for row in of_it if row.confirmed is not None),
    )
