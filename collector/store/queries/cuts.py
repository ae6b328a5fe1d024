"""Sites of one unit that were lost together, though their hours or sessions say that they are open."""

from __future__ import annotations

from sqlalchemy import select

from collector.judge.cuts import REACHES_US, Cut, Loss, find_cuts
from collector.store.queries import presences
from collector.store.scope import Sight
from collector.store.tables import presence
from provisioning.store.tables import device, participation, site

_MOST_NAMED = 10_000  # sites by their ids in a query; beyond, by the query that found them


def cuts(sight: Sight, session_id: int, now: int) -> list[Cut]:
    """Return the cuts among the sites of a session that are seen, the latest first."""
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
    rows = sight.connection.execute(lost.order_by(presence.c.since_at))
    losses = {row.site_id: Loss(*row) for row in rows}  # since the last of a site's devices went
    near = [site_id for cut in find_cuts(losses.values(), now) for site_id in cut.sites]
    if not near:
        return []
    named = near if len(near) <= _MOST_NAMED else lost.with_only_columns(device.c.site_id)
    explained = presences.of_sites(sight, named, now)  # costs more, so only of those that matter
    return find_cuts((losses[site_id] for site_id in near if explained[site_id].kind == "lost"), now)
