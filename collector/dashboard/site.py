"""One site: how it stands and why, every verdict with its evidence, its devices, line and contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from collector.dashboard import heartbeat, history
from collector.dashboard.line_test import sentences
from collector.dashboard.render import Choosing, Seeing, language, now, page
from collector.dashboard.words import Words
from collector.judge.evidence import has_moved
from collector.judge.gates import gate_in_force
from collector.judge.presence import explain
from collector.judge.situation import Evidence
from collector.judge.verdict import worst_of
from collector.store.queries import branches, presences, site
from collector.store.queries.flags import changes_of
from collector.store.queries.sessions import choose, sessions_of
from contract.reasons import LEVELS

_CHANGES = 20  # of verdicts, the latest


class Seen(NamedTuple):
    """How the line was reached when it was measured, and whether the machine has moved since; None: not seen."""

    provider_code: str | None
    provider: str | None
    link: str | None
    has_moved: bool | None  # behind another router since


def show(request: Request, sight: Seeing, code: str, choice: Choosing, days: int = history.DAYS[0]) -> Response:
    """Show a site as it stands in a session: the one named, else the current or next that it takes part in."""
    found = site.find(sight, code)
    if found is None or days not in history.DAYS or (choice.is_named and choice.session is None):
        raise HTTPException(404)
    sessions = sessions_of(sight, found.id)
    wanted = choice.session.id if choice.is_named and choice.session else None
    chosen = choose(sessions, now(request), wanted)
    standing = site.standing_in(sight, found.id, chosen.id) if chosen else None
    verdicts = standing.verdicts if standing else ()
    worst = worst_of(verdicts)
    flags = [verdict for verdict in verdicts if verdict.level != "ready"]
    devices = site.devices_of(sight, found.id)
    stretch = presences.stretches_of(sight, [found.id], now(request))[found.id]
    line_test = site.line_test_of(sight, found.id)
    w, is_at_work = Words(language(request), now(request)), request.state.person.acts
    return page(
        request,
        "site.html",
        site=found,
        sessions=sessions,
        session=chosen or choice.session,
        gate=gate_in_force(chosen.starts_at, now(request)) if chosen else None,
        standing=standing,
        verdicts=sorted(verdicts, key=lambda verdict: -LEVELS.index(verdict.level)),
        worst=worst,
        others=Counter(flag.owner for flag in flags if worst is not None and flag.owner != worst.owner),
        evidence=site.evidence_of(sight, found.id),
        devices=devices,
        presences={each.id: explain(each.presence, each.since_at, each.heard_at, stretch) for each in devices},
        changes=changes_of(sight, chosen.id, found.id, 0, _CHANGES) if chosen else [],
        bars={
            key: (bar, heartbeat.runs(bar)) for key, bar in history.bars(sight, found.id, devices, now(request)).items()
        },
        plots=history.plots(sight, found.id, days, now(request)),
        days=days,
        line_test=line_test,
        sentences=sentences(w, line_test),
        seen=_seen(line_test, site.networks_of(sight, found.id), site.provider_names(sight.connection)),
        contacts=site.contacts_of_sites(sight, [found.id]).get(found.id, []),
        asked=site.asked_of(sight, found.id),
        turns=site.turns_of(sight, found.id, now(request)),
        waits_for_vnpt=any(flag.owner == "vnpt" for flag in flags),
        at_vnpt=w.at_vnpt(branches.of_sites(sight, [found.id])[found.id], request.app.state.settings.call_vnpt),
        sees_phones=is_at_work,
        may_ask=is_at_work,
    )


def _seen(line_test: Evidence | None, networks: Sequence[Evidence], names: Mapping[str, str]) -> Seen:
    findings = (line_test.findings if line_test is not None else None) or {}
    provider, link = (findings.get(name, {}).get("value") for name in ("provider", "link"))
    moved = has_moved(line_test, networks) if line_test is not None else None
    return Seen(provider, names.get(provider, provider) if provider else None, link, moved)
