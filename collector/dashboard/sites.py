"""The list of sites of a session: how it stands in one sentence, counts that filter, and the worst first."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard import labels
from collector.dashboard.render import Reading, now, page
from collector.judge.verdict import Verdict
from collector.store.queries import presences, sites
from collector.store.queries.sessions import all_sessions, choose
from collector.store.queries.standings import count_levels, count_needs, count_owners
from contract.reasons import LEVELS, OWNERS


def show(
    request: Request,
    connection: Reading,
    session: int | None = None,
    level: Annotated[tuple[str, ...], Query()] = (),
    owner: str = "",
    role: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """Show the sites of a session that the filter leaves; every state of the filter is an address."""
    sessions = all_sessions(connection)
    chosen = choose(sessions, now(request), session)
    if chosen is None:
        return page(request, "no_session.html", status=200 if session is None else 404)
    chosen_filter = sites.Filter(
        tuple(name for name in LEVELS if name in level),
        owner if owner in OWNERS else "",
        role if role in labels.ROLES else "",
        q.strip(),
    )
    found = sites.count(connection, chosen.id, chosen_filter)
    rows = sites.page(connection, chosen.id, chosen_filter, number)
    return page(
        request,
        "sites.html",
        sessions=sessions,
        session=chosen,
        request_session=session,
        chosen=chosen_filter,
        levels=count_levels(connection, chosen.id),
        owners=count_owners(connection, chosen.id, of="sites"),
        needs=count_needs(connection, chosen.id),
        found=found,
        rows=rows,
        presences=presences.of_sites(connection, [row.site_id for row in rows], now(request)),
        number=number,
        pages=max(1, -(-found // sites.PAGE_SIZE)),
        address=partial(_address, session),
        everything=sites.Filter(),
        flags_of=partial(_flags, chosen_filter.owner),
    )


def _flags(owner: str, verdicts: tuple[Verdict, ...]) -> list[Verdict]:
    """Return the flags among verdicts: those of the owner who is looked for before the others, each worst first."""
    flags = [verdict for verdict in verdicts if verdict.level != "ready"]
    return sorted(flags, key=lambda flag: (flag.owner != owner, -LEVELS.index(flag.level)))


def _address(session: int | None, chosen: sites.Filter, number: int = 1) -> str:
    pairs = [
        ("session", "" if session is None else str(session)),
        *(("level", name) for name in chosen.levels),
        ("owner", chosen.owner),
        ("role", chosen.role),
        ("q", chosen.text),
        ("page", "" if number == 1 else str(number)),
    ]
    query = urlencode([(name, value) for name, value in pairs if value])
    return f"/?{query}" if query else "/"
