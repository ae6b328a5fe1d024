"""Compares a roster with the registry: what to add, what to change, what is only in the registry. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from provisioning.roster.registry import Held
from provisioning.roster.sites import Site


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


def make_plan(sites: Iterable[Site], held: Mapping[str, Held]) -> Plan:
    """Compare the sites of a roster with those of the registry."""
    sites = list(sites)
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
        schools=tuple(sorted(site.schools, key=str)),
        contacts=tuple(sorted(site.contacts)),
    )


def _part(site: Site) -> tuple[str, str, int | None]:
    return site.role, site.medium, site.seats
