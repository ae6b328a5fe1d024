"""Measure again: has every device of a site run all its probes now, and comes back to the site's page."""

from __future__ import annotations

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
        devices = [device for device in site.devices_of(connection, found.id) if device.state == "active"]
        for device in devices:
            commands.ask(connection, device.id, "run", (), person.login, now(request))
        audit.append(connection, person.login, "measure", code, {"devices": len(devices)}, now(request))
        record_changes(connection, [("presence", device.id) for device in devices])
    return RedirectResponse(f"/sites/{code}#devices", 303)
