"""The overview's board: its pieces, drawn from figures in one language.

Everything that changes while it is looked at is a piece, so that an open page is sent only the pieces that changed.
"""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from collector.dashboard.boards import Board
from collector.dashboard.choice import Choice
from collector.dashboard.figures import Figures, latest
from collector.dashboard.names import short_site, short_unit
from collector.dashboard.readings import Readings
from collector.dashboard.render import fragments
from collector.dashboard.words import Words
from collector.judge.cuts import Cut
from collector.store.queries.lately import Lately
from collector.store.queries.sessions import Session
from collector.store.scope import Sight

MOST_NEWS = 14


class News(NamedTuple):
    """One line of what changed lately: a cut, or the changes of a site at one time."""

    at: int
    cut: Cut | None
    changes: tuple[Lately, ...]


def draw(sight: Sight, session: Session, words: Words, readings: Readings) -> Board:
    """Return the overview's board of a session."""
    figures = latest(readings, sight, session.id, words.now)
    draw_one = fragments(
        "overview_board.html",
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
