"""What stands above the list of a session's sites: counts and choices, each read once for many readers."""

from __future__ import annotations

from typing import NamedTuple

from collector.dashboard.readings import Readings
from collector.store.queries import places
from collector.store.queries.standings import count_levels, count_needs, count_owners, count_reasons
from collector.store.scope import Sight

_CHOICES_LAST_S = 60.0  # they change with the roster alone, and cost as much to read as all that is counted


class Choices(NamedTuple):
    """What a session's sites can be narrowed to."""

    places: list[places.Place]
    providers: dict[str, str]


class Totals(NamedTuple):
    """Sites by level, by owner of flags, by owner of what is known to be wrong, by reason."""

    levels: dict[str, int]
    owners: dict[str, int]
    needs: dict[str, int]
    reasons: dict[str, int]


def totals(readings: Readings, sight: Sight, session_id: int) -> Totals:
    """Return the totals of a session, as old as the last change or two seconds."""
    return readings.of(sight, ("totals", session_id), lambda: _totals(sight, session_id), lasts_unchanged=True)


def _totals(sight: Sight, session_id: int) -> Totals:
    return Totals(
        count_levels(sight, session_id),
        count_owners(sight, session_id, of="sites"),
        count_needs(sight, session_id),
        count_reasons(sight, session_id),
    )


def choices(readings: Readings, sight: Sight, session_id: int) -> Choices:
    """Return what the list of a session can be narrowed to, at most a minute behind the roster."""

    def read() -> Choices:
        return Choices(places.places(sight, session_id), places.providers(sight, session_id))

    return readings.of(sight, ("choices", session_id), read, lasts_unchanged=True, lasts_s=_CHOICES_LAST_S)
