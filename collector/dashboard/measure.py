"""Measure again: has every device of a site run all its probes now, and comes back to the site's page."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard.render import now
from collector.store.intake import commands
from collector.store.queries import site
from collector.store.scope import Sight
from provisioning import audit
from provisioning.scope import units_of
from provisioning.store.engine import record_changes, writing


def ask(request: Request, code: str) -> Response:
    """Ask the site's active devices to measure; a device that is off does so if it connects within the hour."""
    person = request.state.person
    with writing(request.app.state.engine) as connection:
        sight = Sight(connection, units_of(connection, person))
        found = site.find(sight, code)
        if found is None:
            raise HTTPException(404)
        ask_devices(sight, found, person.login, now(request))
    return RedirectResponse(f"/sites/{code}#devices", 303)


def ask_devices(sight: Sight, found: site.Site, by: str, now_us: int) -> None:
    """Have the site's active devices measure within the hour, asked by this person."""
    connection = sight.connection
    devices = [device for device in site.devices_of(sight, found.id) if device.state == "active"]
    for device in devices:
        commands.ask(connection, device.id, "run", (), by, now_us)
    audit.append(connection, by, "measure", found.code, {"devices": len(devices)}, now_us)
    record_changes(connection, [("presence", device.id) for device in devices])
