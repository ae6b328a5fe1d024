"""The list of sites of a session: how it stands in one sentence, counts that filter, and the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard import labels
from collector.dashboard.choice import Choice
from collector.dashboard.listed import listed
from collector.dashboard.readings import Readings
from collector.dashboard.render import Choosing, PageNumber, Seeing, now, page
from collector.dashboard.totals import choices as choices_of
from collector.dashboard.totals import totals as totals_of
from collector.judge.verdict import Verdict
from collector.store.queries import presences, sites
from collector.store.queries.filters import MOST_WORDS, Filter, words
from collector.store.queries.paging import count_pages
from collector.store.queries.places import Place
from collector.store.queries.standings import NEEDS
from contract.reasons import LEVELS, OWNERS, REASONS

NEEDS_VNPT = Filter(tuple(name for name in LEVELS if name in NEEDS), "vnpt")  # where VNPT's shift begins
EVERYTHING = Filter()


class View(NamedTuple):
    """What of a session the reader wants listed, and in which order: what an address of the list says."""

    chosen: Filter
    sort: str = sites.SORTS[0]

    def address(self, choice: Choice, path: str = "/sites", number: int = 1) -> str:
        """Return the address of page `number` of this view."""
        f = self.chosen
        return choice.address(
            path,
            level=f.levels,
            owner=f.owner,
            reason=f.reason,
            role=f.role,
            medium=f.medium,
            provider=f.provider,
            presence=f.presence,
            unit=f.unit,
            q=f.text,
            sort="" if self.sort == sites.SORTS[0] else self.sort,
            page=number if number > 1 else "",
        )

    def by(self, name: str) -> View:
        """Return this view sorted by a column, or the other way round if it is already."""
        return self._replace(sort=f"-{name}" if self.sort == name else name)

    def order_of(self, name: str) -> str:
        """Return how this view sorts a column: ascending, descending, or not at all."""
        if self.sort.removeprefix("-") != name:
            return ""
        return "descending" if sites.falls(self.sort) else "ascending"


def _view(
    level: Annotated[tuple[str, ...], Query()] = (),
    owner: str = "",
    reason: str = "",
    role: str = "",
    medium: str = "",
    provider: Annotated[str, Query(max_length=50)] = "",
    presence: str = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    sort: str = "",
) -> View:
    chosen = Filter(
        tuple(name for name in LEVELS if name in level),
        _among(OWNERS, owner),
        _among(labels.ROLES, role),
        q.strip(),
        unit,
        _among(labels.MEDIA, medium),
        provider,
        _among(REASONS, reason),
        _among(labels.PRESENCES, presence),
    )
    return View(chosen, sort if sort.removeprefix("-") in sites.SORTS else sites.SORTS[0])


Viewing = Annotated[View, Depends(_view)]  # what an unknown name asks for is left out


def show(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    view: Viewing,
    number: PageNumber = 1,
) -> Response:
    """Show the sites of a session that the filter leaves; every state of the filter is an address."""
    session, chosen = choice.session, view.chosen
    if session is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    readings: Readings = request.app.state.readings
    totals, choices = totals_of(readings, sight, session.id), choices_of(readings, sight, session.id)
    total = sum(totals.levels.values())
    here = listed(readings, sight, session.id, chosen, now(request), number, view.sort)
    rows = sites.rows(sight, here.ids)
    response = page(
        request,
        "sites.html",
        session=session,
        chosen=chosen,
        view=view,
        totals=totals,
        providers=choices.providers,
        total=total,
        found=here.found,
        rows=rows,
        presences=presences.of_sites(sight, [row.site_id for row in rows], now(request)),
        number=number,
        pages=count_pages(here.found),
        address=partial(_address, choice, view),
        sorted_by=lambda name: view.by(name).address(choice),
        order_of=view.order_of,
        without=lambda levels, name: tuple(level for level in levels if level != name),
        everything=EVERYTHING,
        most_words=MOST_WORDS if len(words(chosen.text)) > MOST_WORDS else 0,
        needs_vnpt=chosen == NEEDS_VNPT,
        places=_choices(choices.places, chosen.unit),
        place_names={place.code: place.name for place in choices.places},
        flags_of=partial(flags, chosen.owner, chosen.reason),
    )
    if "" in request.query_params.values():  # what the form leaves empty need not stand in the address
        response.headers["HX-Replace-Url"] = view.address(choice, number=number)
    return response


def flags(owner: str, reason: str, verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the flags among verdicts: those that are looked for before the others, each worst first."""
    found = [verdict for verdict in verdicts if verdict.level != "ready"]
    return sorted(found, key=lambda flag: (flag.owner != owner, flag.reason != reason, -LEVELS.index(flag.level)))


def _address(choice: Choice, view: View, chosen: Filter, number: int = 1, path: str = "/sites") -> str:
    return view._replace(chosen=chosen).address(choice, path, number)


def _choices(places: Iterable[Place], chosen: str) -> list[Place]:
    """Return the provinces, and right after the chosen one, or the one that the chosen unit lies in, what it holds."""
    opened = {chosen, *(place.province for place in places if place.code == chosen)}
    shown = [place for place in places if not place.province or place.province in opened]
    return sorted(shown, key=lambda place: (place.province or place.code, place.province != "", place.code))


def _among(known: Iterable[str], name: str) -> str:
    return name if name in known else ""
