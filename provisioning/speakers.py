"""The order in which interactive sites speak in a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select, update

from provisioning import audit
from provisioning.errors import ProvisioningError
from provisioning.events import find_session
from provisioning.parts import find_interactive
from provisioning.store.engine import record_changes
from provisioning.store.tables import participation, session, site


def set_order(connection: Connection, session_code: str, site_codes: Sequence[str], actor: str, now_us: int) -> None:
    """Have these sites speak in this order and no others; whoever speaks now goes on. Raises ProvisioningError."""
    parts = [find_interactive(connection, session_code, code) for code in site_codes]
    if len({part.id for part in parts}) < len(parts):
        raise ProvisioningError("Có điểm cầu được ghi hai lần.", "A site stands in the order twice.")
    session_id = find_session(connection, session_code, 0)
    wanted = {part.id: place for place, part in enumerate(parts, 1)}
    speaks = (participation.c.session_id == session_id, participation.c.speaking_order.is_not(None))
    held: dict[int, int] = {
        id_: order
        for id_, order in connection.execute(select(participation.c.id, participation.c.speaking_order).where(*speaks))
    }
    changed = [id_ for id_ in {**held, **wanted} if held.get(id_) != wanted.get(id_)]
    for id_ in changed:
        order = {"speaking_order": wanted.get(id_)}
        connection.execute(update(participation).where(participation.c.id == id_).values(order))
    if changed:
        _keep_speaking(connection, session_id, {held[id_]: place for id_, place in wanted.items() if id_ in held})
        codes = [part.site_code for part in parts]
        audit.append(connection, actor, "speakers ordered", session_code, {"sites": codes}, now_us)
        record_changes(connection, [("participation", id_) for id_ in changed])


def list_order(connection: Connection, session_id: int) -> list[tuple[int, str, str]]:
    """Return place, code and name of each site that speaks in a session, in order."""
    query = (
        select(participation.c.speaking_order, site.c.code, site.c.name)
        .join(site, site.c.id == participation.c.site_id)
        .where(participation.c.session_id == session_id, participation.c.speaking_order.is_not(None))
        .order_by(participation.c.speaking_order, site.c.id)
    )
    return [(order, code, name) for order, code, name in connection.execute(query)]


def _keep_speaking(connection: Connection, session_id: int, moved: Mapping[int, int]) -> None:
    """Leave the turn with whoever speaks now, unless they left the order; `moved`: old places to new ones."""
    speaking = connection.scalar(select(session.c.speaking).where(session.c.id == session_id))
    if speaking is not None and speaking in moved:
        connection.execute(update(session).where(session.c.id == session_id).values(speaking=moved[speaking]))
