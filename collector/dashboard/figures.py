"""What the overview tells of a session, as values: units with their counts, interactive sites, cuts, changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from collector.dashboard.layout import ISLANDS, Cell, islands, layout_of
from collector.dashboard.readings import Readings
from collector.judge.cuts import Cut
from collector.store.queries import units
from collector.store.queries.cuts import cuts
from collector.store.queries.interactive import Interactive, interactive
from collector.store.queries.lately import Lately, lately
from collector.store.queries.standings import count_needs
from collector.store.queries.tally import Tally, tally
from collector.store.queries.units import Unit
from collector.store.scope import Sight, Units
from contract.reasons import LEVELS

MANY_PCT = 20  # our own choice, as the next: from which share of sites that need something a unit stands out
SOME_PCT = 5
_LATELY = 60


class Area(NamedTuple):
    """A unit, how many of its sites stand at each level, and how many of them disconnected together.

    is_partial: only those of its sites are counted that whoever looks may see, and there may be others.
    """

    unit: Unit
    levels: Mapping[str, int]
    dropped: int = 0
    is_partial: bool = False

    @property
    def sites(self) -> int:
        """How many sites it has."""
        return sum(self.levels.values())

    @property
    def ready_pct(self) -> int:
        """The share of its sites that are ready, never rounded up to all of them."""
        return 100 * self.levels["ready"] // self.sites if self.sites else 0

    @property
    def worst(self) -> str:
        """The worst level that a site of it stands at; empty without sites."""
        return next((level for level in reversed(LEVELS) if self.levels[level]), "")

    @property
    def needing(self) -> int:
        """How many of its sites need something mended."""
        return self.levels["not_ready"] + self.levels["at_risk"]

    @property
    def needing_pct(self) -> float:
        """The share of its sites that need something mended."""
        return 100 * self.needing / self.sites if self.sites else 0.0

    @property
    def tone(self) -> str:
        """How much it asks for attention: none (no sites), unclear, many, some or calm."""
        if not self.sites:
            return "none"
        if 2 * self.levels["unknown"] > self.sites:
            return "unclear"
        return "many" if self.needing_pct >= MANY_PCT else "some" if self.needing_pct >= SOME_PCT else "calm"


class Tile(NamedTuple):
    """An area, and its place in the country's layout; None: for whoever does not see the country."""

    area: Area
    cell: Cell | None = None


class Figures(NamedTuple):
    """All that the overview tells; `levels` sum to all sites of the session."""

    units: Mapping[int, Unit]
    levels: Mapping[str, int]
    levels_of_interactive: Mapping[str, int]
    needs: Mapping[str, int]  # by owner
    areas: Mapping[int, Area]  # by unit; a province's holds the counts of all that lies in it
    tiles: tuple[Tile, ...]
    interactive: tuple[Interactive, ...]
    islands: Mapping[str, tuple[str, str]]  # the names of archipelagos, by the codes of their units
    cuts: tuple[Cut, ...]
    lately: tuple[Lately, ...]

    def find(self, code: str) -> Unit | None:
        """Return the unit of this code in force on the day of the session."""
        return next((found for found in self.units.values() if found.code == code), None)

    def within(self, parent: Unit) -> list[Area]:
        """Return the areas of the units that lie in one, by name."""
        return [area for area in self.areas.values() if area.unit.parent_id == parent.id]

    def province_of(self, unit_id: int) -> Unit | None:
        """Return the province that a unit lies in or is; None of a unit that the day of the session does not know."""
        found = self.units.get(unit_id)
        return found if found is None or found.parent_id is None else self.units.get(found.parent_id)


def latest(readings: Readings, sight: Sight, session_id: int, now: int) -> Figures:
    """Return the figures of a session as they were at most two seconds ago."""
    return readings.of(sight, ("figures", session_id), lambda: figures_of(sight, session_id, now))


def figures_of(sight: Sight, session_id: int, now: int) -> Figures:
    """Read the figures of a session in some ten queries, however many sites there are."""
    day = units.day_of(sight.connection, session_id)
    in_force = _seen(units.on_day(sight.connection, day), sight.units)
    counts = tally(sight, session_id)
    together = [cut for cut in cuts(sight, session_id, now) if cut.unit_id in in_force]
    found = areas(in_force, counts, together, sight.units)
    return Figures(
        units=in_force,
        levels=_levels(counts),
        levels_of_interactive=_levels(row for row in counts if row.role == "interactive"),
        needs=count_needs(sight, session_id),
        areas=found,
        tiles=_tiles(layout_of(day), found.values())
        if sight.is_whole
        else tuple(Tile(area) for area in found.values()),
        interactive=tuple(interactive(sight, session_id, now)),
        islands={code: ISLANDS[word] for code, word in islands(in_force.values()).items()},
        cuts=tuple(together),
        lately=tuple(lately(sight, session_id, _LATELY)),
    )


def _seen(in_force: Mapping[int, Unit], seen: Units) -> Mapping[int, Unit]:
    """Return the units that are seen, and the provinces that they lie in."""
    if seen is None:
        return in_force
    parents = {in_force[id_].parent_id for id_ in seen if id_ in in_force}
    return {id_: found for id_, found in in_force.items() if id_ in seen or id_ in parents}


def areas(
    in_force: Mapping[int, Unit], counts: Iterable[Tally], together: Iterable[Cut], seen: Units = None
) -> dict[int, Area]:
    """Return an area for each unit in force, by its id; a province's holds the counts of all of it that is seen."""
    levels: defaultdict[int, Counter[str]] = defaultdict(Counter)
    dropped: Counter[int] = Counter()
    for row in counts:
        for unit_id in _with_parent(in_force, row.unit_id):
            levels[unit_id][row.level] += row.sites
    for cut in together:
        for unit_id in _with_parent(in_force, cut.unit_id):
            dropped[unit_id] += len(cut.sites)
    return {
        id_: Area(
            found,
            {level: levels[id_][level] for level in LEVELS},
            dropped[id_],
            is_partial=seen is not None and id_ not in seen,
        )
        for id_, found in in_force.items()
    }


def worst_first(area: Area) -> tuple[int, float, int, str]:
    """Return a key that sorts areas by how much they ask for attention."""
    return -area.dropped, -area.needing_pct, -area.levels["unknown"], area.unit.code


def _with_parent(in_force: Mapping[int, Unit], unit_id: int) -> tuple[int, ...]:
    found = in_force.get(unit_id)
    return (unit_id,) if found is None or found.parent_id is None else (unit_id, found.parent_id)


def _levels(counts: Iterable[Tally]) -> dict[str, int]:
    levels = dict.fromkeys(LEVELS, 0)
    for row in counts:
        levels[row.level] += row.sites
    return levels


def _tiles(cells: tuple[Cell, ...], found: Collection[Area]) -> tuple[Tile, ...]:
    """Return the tiles of a layout; a province or archipelago that it has no cell for comes in rows below."""
    words = islands(area.unit for area in found)
    tiled = {
        words.get(area.unit.code, area.unit.code): area
        for area in found
        if area.unit.parent_id is None or area.unit.code in words
    }
    placed = [Tile(tiled[cell.code], cell) for cell in cells if cell.code in tiled]
    columns = max(cell.column for cell in cells)
    below = max(cell.row for cell in cells) + 1
    strays = tiled.keys() - {cell.code for cell in cells}
    strays_placed = [
        Tile(tiled[code], Cell(code, number % columns + 1, below + number // columns))
        for number, code in enumerate(sorted(strays))
    ]
    return (*placed, *strays_placed)
