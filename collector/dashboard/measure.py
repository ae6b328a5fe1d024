"""Measure again: has every device of a site run all its probes now, and comes back to the site's page."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.render import now
from collector.store.intake import commands
from collector.store.queries import site
from provisioning import audit
from provisioning.store.engine import record_changes, writing

ONLY_LOOKS = ("viewer",)  # duties that may ask nothing of a site


def ask(request: Request, code: str) -> Response:
    """Ask the site's active devices to measure; a device that is off does so if it connects within the hour."""
    person = request.state.person
    if person.duty in ONLY_LOOKS:
        raise HTTPException(403)
    with writing(request.app.state.engine) as connection:
        found = site.find(connection, code)
        if found is None:
            raise HTTPException(404)
        ask_devices(connection, found, person.login, now(request))
    return RedirectResponse(f"/sites/{code}#devices", 303)


def ask_devices(connection: Connection, found: site.Site, by: str, now_us: int) -> None:
    """Have the site's active devices measure within the hour, asked by this person."""
    devices = [device for device in site.devices_of(connection, found.id) if device.state == "active"]
    for device in devices:
        commands.ask(connection, device.id, "run", (), by, now_us)
    audit.append(connection, by, "measure", found.code, {"devices": len(devices)}, now_us)
    record_changes(connection, [("presence", device.id) for device in devices])
