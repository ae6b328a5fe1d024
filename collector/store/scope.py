"""The scope, below every query about sites: whoever looks sees the sites of their units, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, select, true

from collector.store.tables import statement
from provisioning.store.tables import device, participation, site, unit

Units = frozenset[int] | None  # ids of units, and of all that lies in them; None: the country

OF_THE_COUNTRY = (  # kinds that name no site
    *("event", "session", "deadline", "speaking", "campaign", "dry_run", "holiday", "power_cut"),
    *("policy", "prefix", "line_tests"),
)
_AT_ONCE = 10_000  # keys in one query

_of_sites = select(site.c.id, site.c.unit_id)
_of_devices = select(device.c.id, site.c.unit_id).join(site, site.c.id == device.c.site_id)
_of_parts = select(participation.c.id, site.c.unit_id).join(site, site.c.id == participation.c.site_id)
_PLACES: dict[str, Select[Any]] = {  # kind of change to a query for its keys and their units
    "site": _of_sites,
    "device": _of_devices,
    "presence": _of_devices,
    "quarantine": _of_devices,  # 0: of a device that the registry does not know, or of nobody
    "participation": _of_parts,
    "standing": _of_parts,
    "capacity": select(unit.c.id, unit.c.id.label("unit_id")),
    "statement": select(statement.c.id, statement.c.unit_id),  # without a unit: of the country
}


class Sight(NamedTuple):
    """A connection to read by, and the units whose sites are seen through it, or the one site that is."""

    connection: Connection
    units: Units
    only: str | None = None  # the code of a site

    @property
    def is_whole(self) -> bool:
        """Whether the whole country is seen."""
        return self.units is None and self.only is None

    def site(self, site_id: ColumnElement[int]) -> ColumnElement[bool]:
        """Tell in SQL whether the site of this id is seen."""
        if self.is_whole:
            return true()
        seen = select(site.c.id)
        if self.units is not None:
            seen = seen.where(site.c.unit_id.in_(self.units))
        if self.only is not None:
            seen = seen.where(site.c.code == self.only)
        return site_id.in_(seen)

    def device(self, name: ColumnElement[str]) -> ColumnElement[bool]:
        """Tell in SQL whether the device of this name is seen; one that the registry does not know is the country's."""
        if self.is_whole:
            return true()
        return name.in_(select(device.c.name).where(self.site(device.c.site_id)))


def country(connection: Connection) -> Sight:
    """Return the sight of the whole country: for whoever has the machine itself."""
    return Sight(connection, None)


def one_site(connection: Connection, code: str) -> Sight:
    """Return the sight of one site alone: for whoever has its link."""
    return Sight(connection, None, code)


class Placed(NamedTuple):
    """What changed: kind to keys, and of the kinds that name sites, the unit of each key."""

    kinds: Mapping[str, Sequence[int]]
    units: Mapping[str, Mapping[int, int | None]]

    def seen(self, units: Units) -> dict[str, list[int]]:
        """Return what of it may be told to whoever sees these units; a kind not known here is told to nobody bound."""
        if units is None:
            return {kind: list(keys) for kind, keys in self.kinds.items()}
        told = {
            kind: [key for key in keys if kind in OF_THE_COUNTRY or self.units.get(kind, {}).get(key) in units]
            for kind, keys in self.kinds.items()
        }
        return {kind: keys for kind, keys in told.items() if keys}


def place(connection: Connection, kinds: Mapping[str, Sequence[int]]) -> Placed:
    """Find the units of what changed, in a query for each kind."""
    units: dict[str, dict[int, int | None]] = {}
    for kind, query in _PLACES.items():
        keys = kinds.get(kind, ())
        for first in range(0, len(keys), _AT_ONCE):
            found = query.where(query.selected_columns[0].in_(keys[first : first + _AT_ONCE]))
            units.setdefault(kind, {}).update((key, unit_id) for key, unit_id in connection.execute(found))
    return Placed(kinds, units)
