"""A province or a district: how it stands, its districts, who speaks there, and whom to call, the worst first."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.figures import MANY_PCT, SOME_PCT, latest, worst_first
from collector.dashboard.listed import listed
from collector.dashboard.names import short_site, short_unit
from collector.dashboard.render import Choosing, Seeing, now, page
from collector.judge.verdict import worst_of
from collector.store.queries import presences, site, sites
from collector.store.queries.filters import Filter
from contract.reasons import LEVELS

NOT_READY = tuple(level for level in LEVELS if level != "ready")


def show(request: Request, sight: Seeing, choice: Choosing, code: str) -> Response:
    """Show a unit as it stands in the chosen session."""
    if choice.session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    figures = latest(request.app.state.readings, sight, choice.session.id, now(request))
    unit = figures.find(code)
    if unit is None:
        raise HTTPException(404)
    area = figures.areas[unit.id]
    districts = figures.within(unit)
    chosen = Filter(levels=NOT_READY if districts else (), unit=code)
    here = listed(request.app.state.readings, sight, choice.session.id, chosen, now(request))
    rows = sites.rows(sight, here.ids)
    site_ids = [row.site_id for row in rows]
    unit_ids = {unit.id, *(area.unit.id for area in districts)}
    return page(
        request,
        "unit.html",
        session=choice.session,
        figures=figures,
        unit=unit,
        province=figures.province_of(unit.id) if unit.parent_id is not None else None,
        area=area,
        districts=districts,
        worst_first=sorted(districts, key=worst_first),
        cuts=[cut for cut in figures.cuts if cut.unit_id in unit_ids],
        interactive=[one for one in figures.interactive if one.unit_id in unit_ids],
        chosen=chosen,
        found=here.found,
        rows=rows,
        worst_of=worst_of,
        contacts=site.contacts_of_sites(sight, site_ids),
        presences=presences.of_sites(sight, site_ids, now(request)),
        sees_phones=request.state.person.acts,
        many_pct=MANY_PCT,
        some_pct=SOME_PCT,
        short_unit=short_unit,
        short_site=short_site,
    )
