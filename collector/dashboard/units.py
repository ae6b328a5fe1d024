"""All districts or all provinces in one table, in any order: where it is worst stands first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard.choice import Choice
from collector.dashboard.figures import Area, Figures, latest, worst_first
from collector.dashboard.names import short_unit
from collector.dashboard.render import Choosing, PageNumber, Seeing, now, page
from collector.store.queries.paging import count_pages, rows_before
from contract.reasons import LEVELS
from provisioning.store.folding import fold

KINDS = ("districts", "provinces")
SORTS: dict[str, Callable[[Area], Any]] = {  # all but the name from the worst, or most, on
    "needing": lambda area: (-area.needing_pct, -area.needing),
    "ready": lambda area: area.ready_pct,
    "name": lambda area: fold(short_unit(area.unit.name)),
    "sites": lambda area: -area.sites,
    "dropped": lambda area: -area.dropped,
    **{level: partial(lambda area, level: -area.levels[level], level=level) for level in LEVELS if level != "ready"},
}
_RISES = ("name", "ready")


class View(NamedTuple):
    """What the reader wants listed, and in which order: what an address of the table says."""

    kind: str = KINDS[0]
    province: str = ""  # a code; empty: all
    sort: str = "needing"  # one of SORTS, perhaps with a minus: the other way round

    def address(self, choice: Choice, number: int = 1) -> str:
        """Return the address of page `number` of this view."""
        asked = {name: value for name, value in self._asdict().items() if value != View._field_defaults[name]}
        return choice.address("/units", **asked, page=number if number > 1 else "")

    def by(self, name: str) -> View:
        """Return this view sorted by a column, or the other way round if it is already."""
        return self._replace(sort=f"-{name}" if self.sort == name else name)

    def order_of(self, name: str) -> str:
        """Return how this view sorts a column: ascending, descending, or not at all."""
        if self.sort.removeprefix("-") != name:
            return ""
        return "ascending" if (name in _RISES) != self.sort.startswith("-") else "descending"


def _view(
    kind: str = "", province: Annotated[str, Query(max_length=10)] = "", sort: Annotated[str, Query()] = ""
) -> View:
    known = sort.removeprefix("-") in SORTS
    kind = kind if kind in KINDS else View().kind
    return View(kind, province if kind == "districts" else "", sort if known else View().sort)


Viewing = Annotated[View, Depends(_view)]  # what an unknown name asks for is left out


def show(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    view: Viewing,
    number: PageNumber = 1,
) -> Response:
    """Show the units that have sites in the chosen session."""
    if choice.session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    figures = latest(request.app.state.readings, sight, choice.session.id, now(request))
    found = areas(figures, view)
    return page(
        request,
        "units.html",
        session=choice.session,
        figures=figures,
        view=view,
        provinces=[unit for unit in figures.units.values() if unit.parent_id is None],
        found=len(found),
        worst=min(found, key=SORTS["needing"], default=None),
        rows=found[rows_before(number) : rows_before(number + 1)],
        number=number,
        pages=count_pages(len(found)),
        address=lambda chosen, number=1: chosen.address(choice, number),
    )


def areas(figures: Figures, view: View) -> list[Area]:
    """Return the areas with sites that a view lists, in its order; those alike, the worst first."""
    found = [
        area
        for area in figures.areas.values()
        if area.sites and (area.unit.parent_id is None) == (view.kind == "provinces") and _is_in(figures, area, view)
    ]
    name = view.sort.removeprefix("-")
    return sorted(sorted(found, key=worst_first), key=SORTS[name], reverse=view.sort.startswith("-"))


def _is_in(figures: Figures, area: Area, view: View) -> bool:
    province = figures.province_of(area.unit.id)
    return not view.province or (province is not None and province.code == view.province)
