"""Compares a roster with the registry: what to add, what to change, what is only in the registry. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from provisioning.roster.registry import Held
from provisioning.roster.sites import Site

_KEPT = {  # what a file without such a column leaves as it is: it may have been set in the browser
    "hard_to_reach": "is_hard_to_reach",
    "delivery": "delivery",
    "speaking_order": "speaking_order",
    "backup": "backup",
}
_OF_SPEAKERS = ("speaking_order", "backup")


class Update(NamedTuple):
    """A site of the registry, and what the roster says now."""

    held: Held
    site: Site

    @property
    def changes_place(self) -> bool:
        """Tell whether more than its part in the session changes."""
        return _place(self.held.site) != _place(self.site)

    @property
    def changes_part(self) -> bool:
        """Tell whether its part in the session changes."""
        return _part(self.held.site) != _part(self.site)


class Plan(NamedTuple):
    """What an import would do."""

    additions: tuple[Site, ...]
    updates: tuple[Update, ...]
    unchanged: int
    only_in_registry: tuple[str, ...]  # keys of sites with a part in the session: told, never deleted

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not self.additions and not self.updates


def make_plan(sites: Iterable[Site], held: Mapping[str, Held], fields: Collection[str] = tuple(_KEPT)) -> Plan:
    """Compare the sites of a roster with those of the registry; fields: of the columns that the roster has."""
    kept = [name for field, name in _KEPT.items() if field not in fields]
    sites = [_with_kept(site, held[site.key].site, kept) if site.key in held else site for site in sites]
    additions = tuple(site for site in sites if site.key not in held)
    known = [Update(held[site.key], site) for site in sites if site.key in held]
    updates = tuple(update for update in known if update.changes_place or update.changes_part)
    keys = {site.key for site in sites}
    gone = tuple(key for key, of_registry in held.items() if key not in keys and of_registry.site.role)
    return Plan(additions, updates, len(known) - len(updates), gone)


def _place(site: Site) -> Site:
    """A site without its part in a session, and with schools and contacts in an order that does not matter."""
    return replace(
        site,
        role="",
        medium="",
        seats=None,
        delivery="",
        speaking_order=None,
        backup=None,
        schools=tuple(sorted(site.schools, key=str)),
        contacts=tuple(sorted(site.contacts)),
    )


def _part(site: Site) -> tuple[object, ...]:
    return site.role, site.medium, site.seats, site.delivery, site.speaking_order, site.backup


def _with_kept(site: Site, held: Site, names: Iterable[str]) -> Site:
    """Return the site with what its roster has no column for as the registry has it; only who is interactive speaks."""
    speaks = site.role == "interactive"
    return replace(site, **{name: getattr(held, name) for name in names if speaks or name not in _OF_SPEAKERS})
