"""The events: what there is, the sessions of each with the gate in force, and how a new one is made."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.acting import Problem, Text, attempt
from collector.dashboard.render import Choosing, Seeing, page, pick, see
from collector.judge.gates import gate_in_force
from collector.store.scope import Sight
from provisioning import events
from provisioning.names import read_number
from provisioning.units import KNOWN_ON

_NEW = {"units_as_of": KNOWN_ON, "bitrate_mbps": "5"}


def show(request: Request, sight: Seeing, choice: Choosing) -> Response:
    """Show the events, the latest made first."""
    return _page(request, sight)


def add(
    request: Request, code: Text = "", name: Text = "", units_as_of: Text = "", bitrate_mbps: Text = ""
) -> Response:
    """Make an event and go on to it; what cannot be is told with the form."""
    typed = {"code": code, "name": name, "units_as_of": units_as_of, "bitrate_mbps": bitrate_mbps}

    def do(connection: Connection, by: str, now_us: int) -> None:
        events.add_event(connection, code, name, units_as_of, read_number(bitrate_mbps), by, now_us)

    problem = attempt(request, "event", typed, do)
    if problem is None:
        return RedirectResponse(f"/events/{code}", 303)
    with request.app.state.engine.connect() as connection:
        pick(request, connection)
        return _page(request, see(request, connection), problem)


def may_edit(request: Request, sight: Sight) -> bool:
    """Tell whether who asks edits events: who looks after the whole country."""
    return sight.is_whole and bool(request.state.person.operates)


def _page(request: Request, sight: Sight, problem: Problem | None = None) -> Response:
    sessions = events.list_sessions(sight.connection)
    return page(
        request,
        "events.html",
        status=400 if problem else 200,
        events=[(row, [s for s in sessions if s.event_id == row.id]) for row in events.list_events(sight.connection)],
        gate_in_force=gate_in_force,
        may_edit=may_edit(request, sight),
        new=_NEW,
        problem=problem,
    )
