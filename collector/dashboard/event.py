"""One event: its sessions, what is due at each gate and who is late, and the forms that change and move it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Form, Query
from sqlalchemy import Connection, Row
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.acting import Problem, Text, attempt
from collector.dashboard.events import may_edit
from collector.dashboard.readings import Readings
from collector.dashboard.render import Choosing, Seeing, now, page, pick, see
from collector.dryrun.lateness import Lateness, Span, lateness, wholes
from collector.judge.gates import gate_in_force
from collector.store.queries import due
from collector.store.queries.campaign_windows import outdated
from collector.store.queries.sessions import Session
from collector.store.scope import Sight
from provisioning import backups, deadlines, events, moments, parts, speakers
from provisioning.errors import ProvisioningError
from provisioning.gates import DUE_GATES
from provisioning.names import read_number
from provisioning.units.load import PROVINCE, units_as_of

Chosen = Annotated[int | None, Query(alias="session")]  # whose gates the page shows, before and after a form is sent


def show(request: Request, sight: Seeing, _: Choosing, code: str, chosen: Chosen = None) -> Response:
    """Show an event, with the gates of the session that the address names, else of the one of now."""
    return _page(request, sight, chosen, code)


def change(
    request: Request,
    code: str,
    chosen: Chosen = None,
    name: Text = "",
    units_as_of: Text = "",
    bitrate_mbps: Text = "",
    act: Annotated[str, Form()] = "change",
) -> Response:
    """Change what describes an event, or remove one that nobody takes part in."""
    typed = {"name": name, "units_as_of": units_as_of, "bitrate_mbps": bitrate_mbps}

    def do(connection: Connection, by: str, now_us: int) -> None:
        if act == "remove":
            events.remove_event(connection, code, by, now_us)
        else:
            events.change_event(connection, code, name, units_as_of, read_number(bitrate_mbps), by, now_us)

    problem = attempt(request, "event", typed, do)
    if act == "remove" and problem is None:
        return RedirectResponse("/events", 303)
    return _done(request, code, chosen, problem)


def add_session(
    request: Request,
    code: str,
    chosen: Chosen = None,
    session_code: Text = "",
    name: Text = "",
    starts_at: Text = "",
    ends_at: Text = "",
) -> Response:
    """Add a session to an event."""
    typed = {"session_code": session_code, "name": name, "starts_at": starts_at, "ends_at": ends_at}

    def do(connection: Connection, by: str, now_us: int) -> None:
        span = moments.read(starts_at, now_us), moments.read(ends_at, now_us)
        events.add_session(connection, code, session_code, name, *span, by, now_us)

    return _done(request, code, chosen, attempt(request, "session", typed, do))


def change_session(
    request: Request,
    code: str,
    session_code: str,
    chosen: Chosen = None,
    name: Text = "",
    starts_at: Text = "",
    ends_at: Text = "",
    act: Annotated[str, Form()] = "change",
) -> Response:
    """Rename or move a session of an event, or remove one that nobody takes part in."""
    typed = {"name": name, "starts_at": starts_at, "ends_at": ends_at}

    def do(connection: Connection, by: str, now_us: int) -> None:
        _must_have(connection, code, session_code)
        if act == "remove":
            events.remove_session(connection, session_code, by, now_us)
        else:
            span = moments.read(starts_at, now_us), moments.read(ends_at, now_us)
            events.change_session(connection, session_code, name, *span, by, now_us)

    problem = attempt(request, f"session {session_code}", typed, do)
    return _done(request, code, chosen if problem or act != "remove" else None, problem)


def set_speakers(
    request: Request,
    code: str,
    session_code: str,
    chosen: Chosen = None,
    codes: Annotated[str, Form(max_length=40_000)] = "",
) -> Response:
    """Put an order of speakers in the place of the one before: a code a line; what follows a · only names its site."""

    def do(connection: Connection, by: str, now_us: int) -> None:
        _must_have(connection, code, session_code)
        speakers.set_order(connection, session_code, _codes(codes), by, now_us)

    return _done(request, code, chosen, attempt(request, "speakers", {"codes": codes}, do), "#speaking")


def _codes(typed: str) -> list[str]:
    return [code for line in typed.splitlines() for code in line.partition("·")[0].split()]


def set_backup(
    request: Request,
    code: str,
    session_code: str,
    chosen: Chosen = None,
    site: Text = "",
    venue: Text = "",
    note: Text = "",
    act: Annotated[str, Form()] = "set",
) -> Response:
    """Let a site fall back on the venue of this code, on a spare device of its own where none is told, or nothing."""
    typed = {"site": site, "venue": venue, "note": note}

    def do(connection: Connection, by: str, now_us: int) -> None:
        _must_have(connection, code, session_code)
        if act == "remove":
            backups.remove(connection, session_code, site, by, now_us)
        elif venue:
            backups.set_venue(connection, session_code, site, venue, note, by, now_us)
        else:
            backups.keep_spare(connection, session_code, site, note, by, now_us)

    return _done(request, code, chosen, attempt(request, "backup", typed, do), "#speaking")


def set_deadline(
    request: Request,
    code: str,
    chosen: Chosen = None,
    unit: Text = "",
    gate: Text = "",
    before: Text = "",
    act: Annotated[str, Form()] = "",
) -> Response:
    """Give a province a deadline of its own, or take it back."""
    typed = {"unit": unit, "gate": gate, "before": before}

    def do(connection: Connection, by: str, now_us: int) -> None:
        if act == "clear":
            deadlines.clear_deadline(connection, code, unit, gate, by, now_us)
        else:
            before_us = moments.read_before(before)
            deadlines.set_deadline(connection, code, unit, gate, before_us, by, now_us)

    return _done(request, code, chosen, attempt(request, "deadline", typed, do), "#deadlines")


def _done(request: Request, code: str, chosen: int | None, problem: Problem | None, part: str = "") -> Response:
    if problem is None:
        return RedirectResponse(_address(code, chosen) + part, 303)
    with request.app.state.engine.connect() as connection:
        pick(request, connection, chosen)
        return _page(request, see(request, connection), chosen, code, problem)


def _address(code: str, chosen: int | None) -> str:
    return f"/events/{code}" if chosen is None else f"/events/{code}?session={chosen}"


def _page(request: Request, sight: Sight, named: int | None, code: str, problem: Problem | None = None) -> Response:
    try:
        event = events.find_event(sight.connection, code)
    except ProvisioningError as error:
        raise HTTPException(404) from error
    sessions = events.list_sessions(sight.connection, event.id)
    chosen = _chosen(sessions, named, now(request))
    units = {row.id: row for row in units_as_of(sight.connection, event.units_as_of)}
    own = [one for one in deadlines.list_deadlines(sight.connection, event.id) if _sees(sight, one.unit_id)]
    told = [] if chosen is None else lateness_of(request, sight, chosen, own)
    edits = may_edit(request, sight)
    return page(
        request,
        "event.html",
        status=400 if problem else 200,
        at=_address(code, named) if problem else "",
        event=event,
        sessions=sessions,
        chosen=chosen,
        session=chosen,
        gates=[] if chosen is None else wholes(told, Span(chosen.starts_at, chosen.ends_at)),
        lateness=told,
        late=sum(one.late > 0 for one in told),
        own=own,
        outdated=outdated(sight.connection, event.id),
        units=units,
        provinces=[row for row in units.values() if row.level == PROVINCE and _sees(sight, row.id)],
        due_gates=DUE_GATES,
        gate_in_force=gate_in_force,
        form_moment=moments.write,
        may_edit=edits,
        interactive=parts.list_interactive(sight.connection, chosen.id) if edits and chosen else [],
        order=speakers.list_order(sight.connection, chosen.id) if edits and chosen else [],
        backups={one.site_code: one for one in backups.list_backups(sight.connection, chosen.id)}
        if edits and chosen
        else {},
        problem=problem,
    )


def lateness_of(
    request: Request, sight: Sight, chosen: Row[Any] | Session, own: Iterable[deadlines.Deadline]
) -> list[Lateness]:
    """Return each province that is seen before the gates of a session, as old as the last change or two seconds."""
    readings: Readings = request.app.state.readings
    session_id: int = chosen.id
    dues = readings.of(sight, ("due", session_id), lambda: due.by_province(sight, session_id), lasts_unchanged=True)
    agreed = {(one.unit_id, one.gate): one.before_start_us for one in own}
    return lateness(dues, agreed, Span(chosen.starts_at, chosen.ends_at), now(request))


def _chosen(sessions: list[Row[Any]], named: int | None, now_us: int) -> Row[Any] | None:
    """Return the session that the address names, if it is of the event, else the one that runs, comes next or was."""
    for row in sessions:
        if row.id == named:
            return row
    return next((row for row in sessions if row.ends_at > now_us), sessions[-1] if sessions else None)


def _sees(sight: Sight, unit_id: int) -> bool:
    return sight.units is None or unit_id in sight.units


def _must_have(connection: Connection, code: str, session_code: str) -> None:
    event_id = events.find_event(connection, code).id
    if session_code not in {row.code for row in events.list_sessions(connection, event_id)}:
        raise ProvisioningError(
            f"Sự kiện {code} không có buổi {session_code}.", f"Event {code} has no session {session_code}."
        )
