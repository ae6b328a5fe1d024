"""The list of sites of a session: how it stands in one sentence, counts that filter, and the worst first."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard import labels
from collector.dashboard.choice import Choice
from collector.dashboard.render import Choosing, Seeing, now, page
from collector.judge.verdict import Verdict
from collector.store.queries import presences, sites
from collector.store.queries.standings import count_levels, count_needs, count_owners
from contract.reasons import LEVELS, OWNERS


def show(
    request: Request,
    sight: Seeing,
    choice: Choosing,
    level: Annotated[tuple[str, ...], Query()] = (),
    owner: str = "",
    role: str = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """Show the sites of a session that the filter leaves; every state of the filter is an address."""
    chosen = choice.session
    if chosen is None:
        return page(request, "no_session.html", status=404 if choice.is_named else 200)
    chosen_filter = sites.Filter(
        tuple(name for name in LEVELS if name in level),
        owner if owner in OWNERS else "",
        role if role in labels.ROLES else "",
        q.strip(),
        unit,
    )
    found = sites.count(sight, chosen.id, chosen_filter)
    rows = sites.page(sight, chosen.id, chosen_filter, number)
    return page(
        request,
        "sites.html",
        session=chosen,
        chosen=chosen_filter,
        levels=count_levels(sight, chosen.id),
        owners=count_owners(sight, chosen.id, of="sites"),
        needs=count_needs(sight, chosen.id),
        found=found,
        rows=rows,
        presences=presences.of_sites(sight, [row.site_id for row in rows], now(request)),
        number=number,
        pages=max(1, -(-found // sites.PAGE_SIZE)),
        address=partial(_address, choice),
        everything=sites.Filter(),
        flags_of=partial(_flags, chosen_filter.owner),
    )


def _flags(owner: str, verdicts: tuple[Verdict, ...]) -> list[Verdict]:
    """Return the flags among verdicts: those of the owner who is looked for before the others, each worst first."""
    flags = [verdict for verdict in verdicts if verdict.level != "ready"]
    return sorted(flags, key=lambda flag: (flag.owner != owner, -LEVELS.index(flag.level)))


def _address(choice: Choice, chosen: sites.Filter, number: int = 1) -> str:
    return choice.address(
        "/sites",
        level=chosen.levels,
        owner=chosen.owner,
        role=chosen.role,
        unit=chosen.unit,
        q=chosen.text,
        page=number if number > 1 else "",
    )
