"""From values to a page: the templates, the words of the reader's language, and the addresses of the assets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Query
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Connection
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse

from collector.dashboard import labels
from collector.dashboard.choice import NO_CHOICE, Choice
from collector.dashboard.names import short_session, short_sessions
from collector.dashboard.words import LANGUAGES, Words, iso
from collector.store.queries.sessions import all_sessions, choose
from collector.store.scope import Sight
from contract import reasons
from provisioning.people import Person
from provisioning.scope import units_of

STATIC = Path(__file__).parent / "static"
LANGUAGE_COOKIE = "diemcau_lang"
THEME_COOKIE = "diemcau_theme"
THEMES = ("light", "dark")  # chosen by the reader; else as the device has it
_YEAR_S = 365 * 86_400


def _connect(request: Request) -> Iterator[Connection]:
    with request.app.state.engine.connect() as connection:
        yield connection


def as_text(body: bytes) -> str:
    """Return the bytes as text that shows what is unreadable or invisible in them, as \\x and \\u escapes."""
    text = body.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


# A page's connection: it reads, in one transaction, and is given back before the answer is sent. So few at once that
# the pool always has one more: requests that hold one and wait for a thread must not meet threads that wait for one.
Reading = Annotated[Connection, Depends(_connect, scope="function", max_concurrency=10)]


def see(request: Request, connection: Reading) -> Sight:
    """Return what whoever asks may see, through this connection."""
    person: Person = request.state.person
    return Sight(connection, units_of(connection, person))


Seeing = Annotated[Sight, Depends(see)]  # the same, and what whoever asks may see


def pick(request: Request, connection: Reading, session: int | None = None) -> Choice:
    """Return the session that a page is about: the one that is named, else the one of now; its header shows it."""
    sessions = all_sessions(connection)
    request.state.choice = Choice(sessions, choose(sessions, now(request), session), session is not None)
    choice: Choice = request.state.choice
    return choice


Choosing = Annotated[Choice, Depends(pick)]
PageNumber = Annotated[int, Query(alias="page", ge=1, le=100_000)]  # of a list that comes in pages

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["as_text"] = as_text


def page(request: Request, template: str, *, status: int = 200, at: str = "", **values: Any) -> HTMLResponse:
    """Render a template in the language of the reader, who may have chosen another by ?lang=.

    A page in answer to a form stays as it is: what it says and what was typed must not go when it is fetched again.
    at: its address, where that is not the form's.
    """
    words = Words(language(request), now(request))
    choice: Choice = getattr(request.state, "choice", NO_CHOICE)
    here = URL(at) if at else request.url
    html = _templates.get_template(template).render(
        **values,
        w=words,
        t=words.t,
        labels=labels,
        reasons=reasons,
        iso=iso,
        asset=asset,
        person=getattr(request.state, "person", None),
        choice=choice,
        short_session=short_session,
        short_sessions=short_sessions,
        to=choice.address,
        here=_address(here),
        here_with=partial(_address, here),
        is_live=request.method == "GET",
        theme=_theme(request),
    )
    response = HTMLResponse(html, status)
    for name, cookie, known in (("lang", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
        if (chosen := request.query_params.get(name)) in known:
            response.set_cookie(cookie, chosen or "", max_age=_YEAR_S, samesite="lax", httponly=True)
    return response


def fragments(template: str, words: Words, choice: Choice, **values: Any) -> Callable[..., str]:
    """Return a function that renders a macro of a template, by its name and arguments, with these values in reach."""
    known = {**values, "w": words, "t": words.t, "labels": labels, "reasons": reasons, "iso": iso, "to": choice.address}
    module = _templates.get_template(template).make_module(known)

    def render(macro: str, *arguments: Any) -> str:
        return str(getattr(module, macro)(*arguments)).strip()

    return render


def now(request: Request) -> int:
    """Return the present, in microseconds UTC, by the clock the app was given."""
    moment: int = request.app.state.now()
    return moment


def language(request: Request) -> str:
    """Return the language asked for now, or before, or else Vietnamese."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    return asked if asked in LANGUAGES else "vi"


def _theme(request: Request) -> str:
    asked = request.query_params.get("theme") or request.cookies.get(THEME_COOKIE, "")
    return asked if asked in THEMES else ""


def asset(name: str) -> str:
    """Return the address of an asset by the name of its source."""
    return f"/static/{_manifest()[name]}"


@cache
def _manifest() -> dict[str, str]:
    file = STATIC / "manifest.json"
    if not file.exists():
        raise RuntimeError(f"{file} is missing: build the assets by `pip install -e .` in the checkout")
    names: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return names


def _address(here: URL, **changes: str | int) -> str:
    left_out = ["lang", "theme", *(["page"] if "session" in changes else ())]
    url = here.remove_query_params(left_out).include_query_params(**changes)
    return url.path + (f"?{url.query}" if url.query else "")
