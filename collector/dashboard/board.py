"""The overview's board: its pieces, each an element with an id, drawn from figures in one language.

Everything that changes while it is looked at is a piece, so that an open page is sent only the pieces that changed.
"""

from __future__ import annotations

import hashlib
from itertools import groupby
from typing import NamedTuple

from collector.dashboard.choice import Choice
from collector.dashboard.figures import Figures
from collector.dashboard.names import short_site, short_unit
from collector.dashboard.render import fragments
from collector.dashboard.words import Words
from collector.judge.cuts import Cut
from collector.store.queries.lately import Lately
from collector.store.queries.sessions import Session

MOST_NEWS = 14


class Board(NamedTuple):
    """The pieces of a board by the ids of their elements, in the order in which a page shows them."""

    version: str  # equal when all pieces are
    pieces: dict[str, str]

    @classmethod
    def of(cls, pieces: dict[str, str]) -> Board:
        """Return the board of these pieces."""
        return cls(hashlib.sha256("".join(pieces.values()).encode()).hexdigest()[:16], pieces)

    def those(self, kind: str) -> list[str]:
        """Return the pieces whose id begins with this kind and a dash."""
        return [html for id_, html in self.pieces.items() if id_.startswith(f"{kind}-")]


class News(NamedTuple):
    """One line of what changed lately: a cut, or the changes of a site at one time."""

    at: int
    cut: Cut | None
    changes: tuple[Lately, ...]


def draw(figures: Figures, session: Session, words: Words) -> Board:
    """Return the board of a session."""
    draw_one = fragments(
        "board.html",
        words,
        Choice([session], session, is_named=True),
        figures=figures,
        session=session,
        short_unit=short_unit,
        short_site=short_site,
    )
    pieces = {
        "b-when": draw_one("when"),
        "b-sentence": draw_one("sentence"),
        "b-numbers": draw_one("numbers"),
        "b-news": draw_one("news", news_of(figures)),
        **{f"t-{tile.area.unit.code}": draw_one("tile", tile) for tile in figures.tiles},
        **{f"c-{one.participation_id}": draw_one("cell", one) for one in figures.interactive},
    }
    return Board.of(pieces)


def news_of(figures: Figures) -> list[News]:
    """Return the latest cuts and changes, newest first; what changed at a site at one time is one line."""
    changes = [
        News(at, None, tuple(group)) for (at, _), group in groupby(figures.lately, lambda one: (one.at, one.code))
    ]
    cuts = [News(cut.since_at, cut, ()) for cut in figures.cuts]
    return sorted([*cuts, *changes], key=lambda one: -one.at)[:MOST_NEWS]
