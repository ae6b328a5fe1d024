"""Every page and every address of the API: read ROUTES to know what the web answers.

To add a page: its file, its template, its queries, its line here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request

from collector.dashboard import (
    access,
    calendar,
    capacity,
    centre,
    dryrun,
    dryruns,
    event,
    events,
    export,
    healthz,
    lacking,
    live,
    login,
    measure,
    metrics,
    overview,
    own,
    probe_servers,
    quarantine,
    report,
    site,
    sites,
    speakers,
    statement,
    statements,
    unit,
    units,
)
from collector.dashboard.api import description, evidence, flags, history, hours, summary
from collector.dashboard.api import sites as api_sites
from collector.dashboard.api import units as api_units


class Route(NamedTuple):
    """A method and path, what answers it, and to whom: whoever `lets_in` lets in, everybody if it is open."""

    method: str
    path: str
    answer: Callable[..., Any]
    is_open: bool = False
    lets_in: Callable[[Request], Any] = access.require_person


ROUTES = (
    Route("GET", "/", overview.show),
    Route("GET", "/sites", sites.show),
    Route("GET", "/sites.xlsx", export.show),
    Route("GET", "/sites/{code}", site.show),
    Route("GET", "/units", units.show),
    Route("GET", "/units/{code}", unit.show),
    Route("POST", "/sites/{code}/measure", measure.ask, lets_in=access.require_acting),
    Route("GET", "/events", events.show),
    Route("POST", "/events", events.add, lets_in=access.require_operating),
    Route("GET", "/events/{code}", event.show),
    Route("GET", "/events/{code}/lacking", lacking.show),
    Route("POST", "/events/{code}", event.change, lets_in=access.require_operating),
    Route("POST", "/events/{code}/sessions", event.add_session, lets_in=access.require_operating),
    Route("POST", "/events/{code}/sessions/{session_code}", event.change_session, lets_in=access.require_operating),
    Route(
        "POST", "/events/{code}/sessions/{session_code}/speakers", event.set_speakers, lets_in=access.require_operating
    ),
    Route("POST", "/events/{code}/sessions/{session_code}/backups", event.set_backup, lets_in=access.require_operating),
    Route("POST", "/events/{code}/deadlines", event.set_deadline, lets_in=access.require_operating),
    Route("GET", "/calendar", calendar.show),
    Route("POST", "/calendar/holidays", calendar.change_holidays, lets_in=access.require_operating),
    Route("POST", "/calendar/power-cuts", calendar.change_power_cuts, lets_in=access.require_operating),
    Route("GET", "/dryruns", dryruns.show),
    Route("GET", "/dryruns/new", dryruns.plan, lets_in=access.require_conducting),
    Route("POST", "/dryruns/new", dryruns.make, lets_in=access.require_conducting),
    Route("GET", "/dryruns/{number}", dryrun.show),
    Route("POST", "/dryruns/{number}", dryrun.act, lets_in=access.require_conducting),
    Route("POST", "/dryruns/{number}/rehearsals", dryrun.rehearse, lets_in=access.require_conducting),
    Route("GET", "/speakers", speakers.show),
    Route("POST", "/speakers", speakers.move, lets_in=access.require_operating),
    Route("POST", "/speakers/live-mode", speakers.set_live_mode, lets_in=access.require_operating),
    Route("GET", "/capacity", capacity.show),
    Route("POST", "/capacity", capacity.note, lets_in=access.require_acting),
    Route("GET", "/statements", statements.show),
    Route("POST", "/statements", statements.make, lets_in=access.require_acting),
    Route("GET", "/statements/{number}", statement.show),
    Route("POST", "/statements/{number}", statement.sign, lets_in=access.require_acting),
    Route("GET", "/statements/{number}/{form}", statement.fetch),
    Route("GET", "/reports/{report_id}", report.show),
    Route("GET", "/quarantine", quarantine.show),
    Route("GET", "/my/{token}", own.show, is_open=True),
    Route("POST", "/my/{token}/measure", own.ask, is_open=True),
    Route("GET", "/health", centre.show, lets_in=access.require_operating),
    Route("GET", "/login", login.show, is_open=True),
    Route("POST", "/login", login.enter, is_open=True),
    Route("POST", "/logout", login.leave),
    Route("GET", "/live", live.stream),
    Route("GET", "/live/board", overview.stream),
    Route("GET", "/live/speakers", speakers.stream),
    Route("GET", "/healthz", healthz.show, is_open=True),
    Route("GET", "/probe-servers/document", probe_servers.show, lets_in=probe_servers.require),
    Route("POST", "/probe-servers/slots", probe_servers.take_news, lets_in=probe_servers.require),
    Route("GET", "/metrics", metrics.show, lets_in=access.require_near_or_operating),
    Route("GET", "/api/v1/summary", summary.show),
    Route("GET", "/api/v1/units", api_units.show),
    Route("GET", "/api/v1/sites", api_sites.show),
    Route("GET", "/api/v1/sites/{code}/evidence", evidence.show),
    Route("GET", "/api/v1/sites/{code}/history", history.show),
    Route("GET", "/api/v1/sites/{code}/hours", hours.show),
    Route("GET", "/api/v1/flags", flags.show),
    Route("GET", "/api/v1/openapi.json", description.show),
)
