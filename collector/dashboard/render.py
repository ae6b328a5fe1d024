"""From values to a page: the templates, the words of the reader's language, and the addresses of the assets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse

from collector.dashboard import labels
from collector.dashboard.words import LANGUAGES, Words, iso
from contract import reasons

STATIC = Path(__file__).parent / "static"
LANGUAGE_COOKIE = "diemcau_lang"
_YEAR_S = 365 * 86_400


def _connect(request: Request) -> Iterator[Connection]:
    with request.app.state.engine.connect() as connection:
        yield connection


def as_text(body: bytes) -> str:
    """Return the bytes as text that shows what is unreadable or invisible in them, as \\x and \\u escapes."""
    text = body.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


Reading = Annotated[Connection, Depends(_connect)]  # a page's connection: it reads, in one transaction

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["as_text"] = as_text


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a template in the language of the reader, who may have chosen another by ?lang=."""
    words = Words(language(request), now(request))
    html = _templates.get_template(template).render(
        **values,
        w=words,
        t=words.t,
        labels=labels,
        reasons=reasons,
        iso=iso,
        asset=asset,
        person=getattr(request.state, "person", None),
        here=_address(request),
        other_language=_address(request, lang="vi" if words.lang == "en" else "en"),
    )
    response = HTMLResponse(html, status)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, words.lang, max_age=_YEAR_S, samesite="lax", httponly=True)
    return response


def now(request: Request) -> int:
    """Return the present, in microseconds UTC, by the clock the app was given."""
    moment: int = request.app.state.now()
    return moment


def language(request: Request) -> str:
    """Return the language asked for now, or before, or else Vietnamese."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, "")
    return asked if asked in LANGUAGES else "vi"


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


def _address(request: Request, **changes: str) -> str:
    url = request.url.remove_query_params("lang").include_query_params(**changes)
    return url.path + (f"?{url.query}" if url.query else "")
