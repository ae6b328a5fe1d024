"""The speakers' board: its pieces, drawn from what is concluded of each interactive site, in one language."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from collector.dashboard.boards import Board
from collector.dashboard.capacity_sheets import CapacitySheets
from collector.dashboard.choice import Choice
from collector.dashboard.names import short_site
from collector.dashboard.render import fragments
from collector.dashboard.words import Words
from collector.dryrun import conclusion_texts
from collector.dryrun.speakers import LineUp, Place, line_up, substitutes
from collector.judge.load import load_policy
from collector.store import live_mode, policies
from collector.store.queries.sessions import Session
from collector.store.queries.speakers import Concluded, Speaker, conclude_all
from collector.store.scope import Sight

AGES_S = 10.0  # a board is drawn again after that, whatever happened: here ages are of seconds
_load_policy = lru_cache(maxsize=2)(load_policy)


class Watched(NamedTuple):
    """One whom everybody looks at: who speaks now or next, and the site to call instead if it comes to that."""

    speaker: Speaker
    is_now: bool
    substitute: Speaker | None


class Order(NamedTuple):
    """The board's values: who speaks now and next, then all in order, and the sites that are not in it."""

    concluded: Concluded
    line: LineUp
    watched: tuple[Watched, ...]
    in_order: tuple[Speaker, ...]
    others: tuple[Speaker, ...]


def draw(sight: Sight, session: Session, words: Words, sheets: CapacitySheets) -> Board:
    """Return the speakers' board of a session."""
    policy = _load_policy(policies.live_text(sight.connection))
    sheet = sheets.of(sight, session.id)
    order = order_of(conclude_all(sight, session.id, policy, words.now, sheet))
    draw_one = fragments(
        "speakers_board.html",
        words,
        Choice([session], session, is_named=True),
        order=order,
        session=session,
        texts=conclusion_texts,
        is_partial=not sight.is_whole,
        short_site=short_site,
    )
    pieces = {
        "s-when": draw_one("when"),
        "s-whole": draw_one("whole", order.concluded.whole),
        "s-live": draw_one("live_mode", live_mode.lasts_until(sight.connection, session.id, words.now)),
        "s-watched": draw_one("watched", order.watched),
        **{f"o-{one.participation_id}": draw_one("row", one) for one in order.in_order},
        **{f"n-{one.participation_id}": draw_one("row", one) for one in order.others},
    }
    return Board.of(pieces)


def order_of(concluded: Concluded) -> Order:
    """Put the sites of a session into the order in which they speak."""
    by_site = {one.site_id: one for one in concluded.speakers}
    places = [Place(one.conclusion, one.order, one.presence.kind == "connected") for one in concluded.speakers]
    line = line_up(places, concluded.speaking)
    instead = substitutes(line)
    watched = tuple(
        Watched(
            by_site[place.conclusion.site_id], place is line.now, by_site.get(instead.get(place.conclusion.site_id, 0))
        )
        for place in line.watched
    )
    in_order = tuple(one for one in concluded.speakers if one.order is not None)
    return Order(concluded, line, watched, in_order, tuple(one for one in concluded.speakers if one.order is None))
