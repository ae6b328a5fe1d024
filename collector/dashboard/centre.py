"""The centre itself, for those who run it: what runs, what is behind, what fills up, and what to do about it."""

from __future__ import annotations

import shutil
from typing import Annotated, Any, NamedTuple

from fastapi import Depends
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard import probe_figures
from collector.dashboard.probe_figures import ProbeFigures
from collector.dashboard.readings import Readings
from collector.dashboard.render import Choosing, Seeing, now, page
from collector.store import pulse
from collector.store.queries import books, centre, quarantine
from contract.clock import SECOND_US
from provisioning.settings import Settings

RATE_OVER_S = 60
SILENT_US = 10 * SECOND_US  # ingest beats every second
LATE_MS = 2_000  # a report should stand on a page within 2 s
FULL_PCT = 90
OLD_S = 60.0  # a probe server that has not heard the centre for so long grants by an old document
_VERSIONS_S = 60.0  # counting the agents' versions reads a row for every device


class Disk(NamedTuple):
    """Where the database lies: its own size, and what is left beside it; in bytes."""

    database_bytes: int
    free_bytes: int
    used_pct: int


def _ask(request: Request) -> list[ProbeFigures]:
    return probe_figures.ask(request.app.state.settings.probed)


Asked = Annotated[list[ProbeFigures], Depends(_ask)]  # before a page's connection: they may take a second


def show(request: Request, servers: Asked, sight: Seeing, _: Choosing) -> Response:
    """Show how the centre is doing; its figures are the country's."""
    connection, settings = sight.connection, request.app.state.settings
    readings: Readings = request.app.state.readings
    ingest = pulse.last(connection, pulse.INGEST)
    disk = _disk(connection, settings)
    balance = books.balance(sight)
    return page(
        request,
        "centre.html",
        ingest=ingest,
        troubles=troubles(ingest, servers, disk, now(request)) + (["books"] if balance.difference else []),
        arrived=centre.arrived_since(connection, now(request) - RATE_OVER_S * SECOND_US),
        rate_over_s=RATE_OVER_S,
        servers=servers,
        devices=centre.count_devices(connection),
        presences=centre.count_presences(connection),
        balance=balance,
        quarantined=sum(quarantine.count_reasons(sight).values()),
        unattributed=books.count_unattributed(sight),
        discarded=books.count_discarded(sight),
        disk=disk,
        policy=centre.live_policy(connection),
        versions=readings.of(sight, "versions", lambda: centre.count_versions(connection), lasts_s=_VERSIONS_S),
        old_s=OLD_S,
    )


def troubles(ingest: pulse.Pulse | None, servers: list[ProbeFigures], disk: Disk, now_us: int) -> list[str]:
    """Return what is wrong, by the names under which the page says what to do, the most urgent first."""
    is_heard = ingest is not None and now_us - ingest.at <= SILENT_US
    told: dict[str, Any] = ingest.told if ingest is not None and is_heard else {"edges": [], "lag_ms": 0}
    found = {
        "ingest": not is_heard,
        "edges": not all(edge["is_connected"] for edge in told["edges"]),
        "disk": disk.used_pct >= FULL_PCT,
        "lag": told["lag_ms"] > LATE_MS,
        "servers": not all(server.answers and server.heard_centre_s <= OLD_S for server in servers),
    }
    return [name for name, is_wrong in found.items() if is_wrong]


def _disk(connection: Connection, settings: Settings) -> Disk:
    usage = shutil.disk_usage(settings.folder("db"))
    return Disk(centre.size_bytes(connection), usage.free, round(100 * usage.used / usage.total))
