"""The calendar: who may be tested now, the sessions that forbid it, holidays, announced power cuts, sites' hours."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Form
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.acting import Problem, Text, attempt
from collector.dashboard.choice import Choice
from collector.dashboard.events import may_edit
from collector.dashboard.readings import Readings
from collector.dashboard.render import Choosing, Seeing, now, page, pick, see
from collector.judge.calendar import day_of
from collector.store.queries import times, units
from collector.store.queries.sessions import Session, all_sessions, choose
from collector.store.scope import Sight
from provisioning import holidays, moments, power_cuts
from provisioning.errors import ProvisioningError
from provisioning.units import KNOWN_ON
from provisioning.units.load import units_as_of
from provisioning.units.match import UnitIndex


class Where(NamedTuple):
    """Where something is, as typed: a province's code, and a district's name or a site's code within."""

    province: str
    district: str = ""
    site: str = ""


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """Show the calendar of the sites that are seen."""
    return _page(request, sight, choice)


def change_holidays(
    request: Request,
    first_day: Text = "",
    last_day: Text = "",
    name: Text = "",
    province: Text = "",
    district: Text = "",
    unit: Text = "",
    act: Annotated[str, Form()] = "add",
) -> Response:
    """Add a holiday of the country, a province or a district, or remove the one of `unit` that begins on a day."""
    typed = {"first_day": first_day, "last_day": last_day, "name": name, "province": province, "district": district}

    def do(connection: Connection, by: str, now_us: int) -> None:
        if act == "remove":
            holidays.remove(connection, first_day, [unit] if unit else [], by, now_us)
            return
        days = holidays.read_days(f"{first_day}..{last_day}" if last_day else first_day)
        holidays.add(connection, days, name, _unit_codes(connection, Where(province, district), now_us), by, now_us)

    return _done(request, attempt(request, "holiday", typed, do), "#holidays")


def change_power_cuts(
    request: Request,
    starts_at: Text = "",
    ends_at: Text = "",
    note: Text = "",
    province: Text = "",
    district: Text = "",
    site: Text = "",
    number: Annotated[int, Form()] = 0,
    act: Annotated[str, Form()] = "add",
) -> Response:
    """Add an announced power cut of a province, a district or a site; correct or remove the one of this number."""
    typed = {"starts_at": starts_at, "ends_at": ends_at, "note": note}
    typed |= {"province": province, "district": district, "site": site}

    def do(connection: Connection, by: str, now_us: int) -> None:
        if act == "remove":
            power_cuts.remove(connection, number, by, now_us)
            return
        span = moments.read(starts_at, now_us), moments.read(ends_at, now_us)
        if act == "change":
            power_cuts.change(connection, number, *span, note, by, now_us)
            return
        codes = [] if site else _unit_codes(connection, Where(province, district), now_us)
        power_cuts.add(connection, *span, note, codes, [site] if site else [], by, now_us)

    return _done(request, attempt(request, f"power_cut {number}", typed, do), "#power-cuts")


def _unit_codes(connection: Connection, where: Where, now_us: int) -> list[str]:
    """Return the code of the province or district that was typed, none for the country; raises ProvisioningError."""
    if not where.district:
        return [where.province] if where.province else []
    rows = units_as_of(connection, _map_day(connection, now_us))
    province = next((row for row in rows if row.parent_id is None and row.code == where.province), None)
    if province is None:
        raise ProvisioningError("Hãy chọn tỉnh của huyện ấy.", "Choose the province of that district.")
    found = UnitIndex(rows).district(province.id, where.district)
    code = next((row.code for row in rows if row.id == found.unit_id), None)
    if code is None:
        near = ", ".join(found.suggestions)
        raise ProvisioningError(
            f"{province.name} không có {where.district}" + (f"; có phải: {near}?" if near else "."),
            f"There is no {where.district} in {province.name}" + (f"; did you mean: {near}?" if near else "."),
        )
    return [code]


def _map_day(connection: Connection, now_us: int) -> str:
    """Return the day as of which the session of now names units."""
    chosen = choose(all_sessions(connection), now_us)
    return KNOWN_ON if chosen is None else units.day_of(connection, chosen.id)


def _done(request: Request, problem: Problem | None, part: str) -> Response:
    if problem is None:
        return RedirectResponse(f"/calendar{part}", 303)
    with request.app.state.engine.connect() as connection:
        return _page(request, see(request, connection), pick(request, connection), problem)


def _page(request: Request, sight: Sight, choice: Choice, problem: Problem | None = None) -> Response:
    moment, connection = now(request), sight.connection
    session = choice.session or choose(all_sessions(connection), moment)
    readings: Readings = request.app.state.readings
    rows = units_as_of(connection, _map_day(connection, moment))
    return page(
        request,
        "calendar.html",
        status=400 if problem else 200,
        at="/calendar" if problem else "",
        testable=readings.of(sight, ("testable", session and session.id), lambda: _testable(sight, session, moment)),
        hours=[] if session is None else times.hours_seen(sight, session.id),
        running=[one for one in all_sessions(connection) if one.ends_at > moment],
        holidays=times.holidays_seen(sight, day_of(moment).isoformat()),
        power_cuts=times.power_cuts_seen(sight, moment),
        provinces=[row for row in rows if row.parent_id is None],
        form_moment=moments.write,
        may_edit=may_edit(request, sight),
        problem=problem,
    )


def _testable(sight: Sight, session: Session | None, moment: int) -> dict[str, int]:
    if session is None:
        return {}
    return times.count_testable(sight, session.id, moment)
