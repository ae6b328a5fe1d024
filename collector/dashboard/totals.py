"""What stands above the list of a session's sites: counts and choices, of which many readers share one reading."""

from __future__ import annotations

from typing import NamedTuple

from collector.dashboard.readings import Readings
from collector.store.queries import places
from collector.store.queries.standings import count_levels, count_needs, count_owners, count_reasons
from collector.store.scope import Sight


class Totals(NamedTuple):
    """Sites by level, by owner of flags, by owner of what is known to be wrong, by reason; and what to choose among."""

    levels: dict[str, int]
    owners: dict[str, int]
    needs: dict[str, int]
    reasons: dict[str, int]
    places: list[places.Place]
    providers: dict[str, str]


def totals(readings: Readings, sight: Sight, session_id: int) -> Totals:
    """Return the totals of a session, as old as the last change or two seconds."""
    return readings.of(sight, ("totals", session_id), lambda: _totals(sight, session_id), lasts_unchanged=True)


def _totals(sight: Sight, session_id: int) -> Totals:
    return Totals(
        count_levels(sight, session_id),
        count_owners(sight, session_id, of="sites"),
        count_needs(sight, session_id),
        count_reasons(sight, session_id),
        places.places(sight, session_id),
        places.providers(sight, session_id),
    )
