"""Which session a page is about: the one that the address names, else the one of now; links carry a named one on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from collector.store.queries.sessions import Session


class Choice(NamedTuple):
    """The sessions there are, and the chosen one; None: there is none, or none of that number."""

    sessions: list[Session]
    session: Session | None
    is_named: bool = False  # by the address

    def address(self, path: str, **query: str | int | Iterable[str]) -> str:
        """Return the address of a page that stays in this session; what is empty is left out."""
        carried = {"session": self.session.id} if self.is_named and self.session else {}
        pairs = {name: value for name, value in {**carried, **query}.items() if value}
        return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


NO_CHOICE = Choice([], None)  # of pages that stand apart from sessions: login, errors
