"""The sites of a province that lack what is due at a gate: what each lacks, and whom to call."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.event import lateness_of
from collector.dashboard.render import Choosing, PageNumber, Seeing, page
from collector.store.queries import due, site
from collector.store.queries.paging import count_pages
from provisioning import deadlines, events
from provisioning.errors import ProvisioningError
from provisioning.units.load import units_as_of


def show(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    code: str,
    gate: str,
    unit: str,
    number: PageNumber = 1,
) -> Response:
    """Show those of the session that the address names, or of the event's one of now."""
    try:
        event = events.find_event(sight.connection, code)
    except ProvisioningError as error:
        raise HTTPException(404) from error
    session = choice.session
    ids = {row.id for row in events.list_sessions(sight.connection, event.id)}
    rows = units_as_of(sight.connection, event.units_as_of)
    province = next((row for row in rows if row.parent_id is None and row.code == unit), None)
    if session is None or session.id not in ids or province is None or gate not in due.ASKED:
        raise HTTPException(404)
    own = deadlines.list_deadlines(sight.connection, event.id)
    provinces = lateness_of(request, sight, session, own)
    cells = (cell for one in provinces if one.unit_id == province.id for cell in one.cells)
    told = next((cell for cell in cells if cell.gate == gate), None)
    if told is None:
        raise HTTPException(404)
    found = due.lacking(sight, session.id, gate, province.id, number)
    return page(
        request,
        "lacking.html",
        event=event,
        session=session,
        province=province,
        gate=gate,
        told=told,
        rows=found,
        contacts=site.contacts_of_sites(sight, [row.site_id for row in found]),
        sees_phones=request.state.person.acts,
        number=number,
        pages=count_pages(told.lacking),
    )
