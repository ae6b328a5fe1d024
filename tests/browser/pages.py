"""Every page there is, by its route: the addresses at which browsers look at it."""

from __future__ import annotations

from tests.browser.country import Filled

PAGES: dict[str, dict[str, str]] = {  # by route: a name, and the address with the country's codes to be filled in
    "GET /": {"overview": "/", "overview-province": "/"},
    "GET /sites": {"sites": "/sites"},
    "GET /sites/{code}": {
        "site-weak": "/sites/{weak}",
        "site-hostile": "/sites/{hostile}",
        "site-bare": "/sites/{bare}",
    },
    "GET /units": {"units": "/units"},
    "GET /units/{code}": {"province": "/units/02", "district": "/units/{district}"},
    "GET /events": {"events": "/events"},
    "GET /events/{code}": {"event": "/events/model", "event-province": "/events/model"},
    "GET /events/{code}/lacking": {"lacking": "/events/model/lacking?gate=T-1d&unit=02"},
    "GET /calendar": {"calendar": "/calendar"},
    "GET /dryruns": {"dryruns": "/dryruns"},
    "GET /dryruns/new": {"dryrun-new": "/dryruns/new?session=1"},
    "GET /dryruns/{number}": {"dryrun": "/dryruns/1", "dryrun-province": "/dryruns/1"},
    "GET /speakers": {"speakers": "/speakers"},
    "GET /capacity": {"capacity": "/capacity", "capacity-form": "/capacity?unit=1&medium=pc&delivery=unicast"},
    "GET /statements": {"statements": "/statements"},
    "GET /statements/{number}": {"statement": "/statements/1"},
    "GET /reports/{report_id}": {"report": "/reports/{report_id}"},
    "GET /quarantine": {"quarantine": "/quarantine"},
    "GET /health": {"health": "/health"},
    "GET /my/{token}": {"own-hostile": "/my/{hostile_token}", "own-bare": "/my/{bare_token}"},
    "GET /login": {"login": "/login"},
}
NO_PAGES = {  # for machines, or downloads; beside the API
    *(
        "GET /sites.xlsx",
        "GET /statements/{number}/{form}",
        "GET /live",
        "GET /live/board",
        "GET /live/speakers",
        "GET /healthz",
        "GET /metrics",
    ),
    "GET /probe-servers/document",
}
PICTURED_TOO = {  # the same pages in other states
    "overview-afternoon": "/?session=2",
    "sites-vnpt": "/sites?level=not_ready&level=at_risk&owner=vnpt",
    "sites-none": "/sites?q=khong+co+diem+nay",
    "own-weak": "/my/{weak_token}",
    "speakers-under-way": "/speakers?session=2",
    "event-afternoon": "/events/model?session=2",
    "dryrun-planned": "/dryruns/2",
    "dryrun-stopped": "/dryruns/3",
    "dryrun-ended": "/dryruns/4",
    "statements-none": "/statements?session=2",
    "statement-proposed": "/statements/2",
    "statement-approved": "/statements/3",
}
NAMES = tuple(name for addresses in PAGES.values() for name in addresses)
_BY = {
    "login": "",
    "overview-province": "provincial",
    "event-province": "provincial",
    "dryrun-province": "provincial",
    "statement-proposed": "ministry",
}


def seen_by(name: str) -> str:
    """Return who looks at a page: the login, empty for somebody who has not logged in."""
    return _BY.get(name, "noc")


def addresses(filled: Filled) -> dict[str, str]:
    """Return the address of each page by its name."""
    named = {name: address for found in (*PAGES.values(), PICTURED_TOO) for name, address in found.items()}
    return {name: address.format(**filled._asdict()) for name, address in named.items()}
