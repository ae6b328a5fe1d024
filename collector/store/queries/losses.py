"""Sites that are lost now, though their hours or sessions say that they are open."""

from __future__ import annotations

from sqlalchemy import select

from collector.judge.cuts import REACHES_US, Loss
from collector.store.queries import presences
from collector.store.scope import Sight
from collector.store.tables import presence
from provisioning.store.tables import device, participation, site


def losses(sight: Sight, session_id: int, now: int) -> list[Loss]:
    """Return the lost sites of a session, each since the last of its devices that count went."""
    lost = (
        select(device.c.site_id, site.c.unit_id, presence.c.since_at)
        .join(presence, presence.c.device_id == device.c.id)
        .join(site, site.c.id == device.c.site_id)
        .join(participation, participation.c.site_id == site.c.id)
        .where(
            participation.c.session_id == session_id,
            sight.site(device.c.site_id),
            presence.c.state == "lost",
            presence.c.since_at >= now - REACHES_US,
            presences.COUNTS,
        )
    )
    found: dict[int, Loss] = {}
    for site_id, unit_id, since_at in sight.connection.execute(lost.order_by(presence.c.since_at)):
        found[site_id] = Loss(site_id, unit_id, since_at)
    if not found:
        return []
    explained = presences.of_sites(sight, lost.with_only_columns(device.c.site_id), now)
    return [loss for site_id, loss in found.items() if explained[site_id].kind == "lost"]
