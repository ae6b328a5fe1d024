"""A site's own page, for whoever has its link: ready or not, what to do, whom to call, and measure again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from collector.dashboard import measure
from collector.dashboard.measuring import Progress, progress
from collector.dashboard.render import Reading, language, now, page
from collector.dashboard.words import Words
from collector.judge.presence import Explained, explain
from collector.judge.verdict import Verdict
from collector.store.queries import presences, site
from collector.store.queries.sessions import choose, sessions_of
from collector.store.scope import Sight, one_site
from contract.clock import SECOND_US
from contract.reasons import LEVELS
from provisioning import site_links
from provisioning.store.engine import writing

_BY = "site link"  # in the audit
_PAUSE_US = 60 * SECOND_US  # a result is not asked for again within a minute


class Machine(NamedTuple):
    """A device of the site: what is with it, and how far a measurement has come."""

    name: str
    presence: Explained
    progress: Progress | None


class Call(NamedTuple):
    """Whose turn it is, and what is waited for from them."""

    owner: str
    flags: tuple[Verdict, ...]


def show(request: Request, connection: Reading, token: str, session: int | None = None) -> Response:
    """Show the site that the token opens, as it stands in the session named, else in its current or next one."""
    sight, found = _site(request, connection, token)
    sessions = sessions_of(sight, found.id)
    chosen = choose(sessions, now(request), session) or choose(sessions, now(request))
    standing = site.standing_in(sight, found.id, chosen.id) if chosen else None
    flags = [verdict for verdict in (standing.verdicts if standing else ()) if verdict.level != "ready"]
    flags.sort(key=lambda flag: -LEVELS.index(flag.level))
    machines = _machines(request, sight, found.id)
    return page(
        request,
        "own.html",
        site=found,
        sessions=sessions,
        session=chosen,
        standing=standing,
        verdicts=sorted(standing.verdicts if standing else (), key=lambda verdict: -LEVELS.index(verdict.level)),
        calls=_calls(flags),
        machines=machines,
        is_measuring=any(machine.progress is not None and machine.progress.is_running for machine in machines),
        contacts=site.contacts_of_sites(sight, [found.id]).get(found.id, []),
        settings=request.app.state.settings,
        path=request.url.path,
    )


def ask(request: Request, token: str) -> Response:
    """Have the site's devices measure, unless they still do or a result came within the last minute."""
    with request.app.state.engine.connect() as reading:
        _site(request, reading, token)  # a link that opens nothing must not keep ingest from writing
    with writing(request.app.state.engine) as connection:
        sight, found = _site(request, connection, token)
        asked = site.asked_of(sight, found.id).values()
        if not any(now(request) < _rests_until(each) for each in asked):
            measure.ask_devices(sight, found, _BY, now(request))
    return RedirectResponse(f"/my/{token}#machines", 303)


def _rests_until(asked: site.Asked) -> int:
    return asked.ends_at if asked.done_at is None else asked.done_at + _PAUSE_US


def _site(request: Request, connection: Connection, token: str) -> tuple[Sight, site.Site]:
    code = site_links.site_of(connection, request.app.state.link_key, token)
    if code is None:
        raise HTTPException(404)
    sight = one_site(connection, code)
    found = site.find(sight, code)
    if found is None:
        raise HTTPException(404)
    return sight, found


def _machines(request: Request, sight: Sight, site_id: int) -> list[Machine]:
    w = Words(language(request), now(request))
    stretch = presences.stretches_of(sight, [site_id], w.now)[site_id]
    asked, turns = site.asked_of(sight, site_id), site.turns_of(sight, site_id, w.now)
    machines = []
    for device in site.devices_of(sight, site_id):
        if device.state == "active":
            is_with = explain(device.presence, device.since_at, device.heard_at, stretch)
            told = progress(w, asked.get(device.id), is_with, turns.get(device.id))
            machines.append(Machine(device.name, is_with, told))
    return machines


def _calls(flags: Sequence[Verdict]) -> list[Call]:
    """Return whose turn it is, the owner of the worst flag first."""
    owners = dict.fromkeys(flag.owner for flag in flags)
    return [Call(owner, tuple(flag for flag in flags if flag.owner == owner)) for owner in owners]
