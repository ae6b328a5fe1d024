"""The figures of a statement, all from the sites of its body: coverage, the 34 provinces, repairs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple, TypeVar

from collector.statement.body import Body, Site
from contract.reasons import LEVELS
from provisioning.units.merged import provinces_2025

Key = TypeVar("Key", bound=Hashable)


class Coverage(NamedTuple):
    """So many sites, the schools that meet there, and their seats."""

    sites: int = 0
    schools: int = 0
    seats: int = 0


class Count:
    """A coverage while it is counted."""

    __slots__ = ("schools", "seats", "sites")

    def __init__(self) -> None:
        self.sites = self.schools = self.seats = 0

    def add(self, site: Site) -> None:
        """Count one more site."""
        self.sites += 1
        self.schools += site.schools
        self.seats += site.seats

    @property
    def told(self) -> Coverage:
        """What was counted."""
        return Coverage(self.sites, self.schools, self.seats)


class Covered(NamedTuple):
    """Coverage by level; `whole` is the sum."""

    ready: Coverage = Coverage()
    at_risk: Coverage = Coverage()
    unknown: Coverage = Coverage()
    not_ready: Coverage = Coverage()

    @property
    def whole(self) -> Coverage:
        """All levels together."""
        return Coverage(*(sum(parts) for parts in zip(*self, strict=True)))


class Repair(NamedTuple):
    """One kind of repair in one province: who has it to do, what is wrong, and what it would bring.

    `alone`: sites that nothing else keeps from being ready; `touched`: all that it concerns, these included.
    """

    owner: str
    reason: str
    province: str
    alone: Coverage
    touched: Coverage


class Merged(NamedTuple):
    """A province of the 34, with what its former provinces come to."""

    code: str
    name: str
    covered: Covered


def cover(sites: Iterable[Site], key: Callable[[Site], Key]) -> dict[Key, Covered]:
    """Return the coverage of sites by a key of theirs, keys in order."""
    counts: dict[Key, dict[str, Count]] = defaultdict(lambda: {level: Count() for level in Covered._fields})
    for site in sites:
        counts[key(site)][site.level].add(site)
    return {
        found: Covered(**{level: count.told for level, count in levels.items()})
        for found, levels in sorted(counts.items())
    }


def whole(sites: Iterable[Site]) -> Covered:
    """Return the coverage of all of them together."""
    return cover(sites, lambda _: "").get("", Covered())


def merged(body: Body) -> list[Merged]:
    """Return the same sites by the structure of 34 provinces; only those that have a site."""
    new_of = {old: province.code for province in provinces_2025() for old in province.merged}
    found = cover(body.sites, lambda site: new_of.get(site.province, site.province))
    names = body.provinces | {province.code: province.name for province in provinces_2025()}
    return [Merged(code, names[code], covered) for code, covered in found.items()]


def open_sites(body: Body) -> list[Site]:
    """Return the sites with something left to do: interactive first, then the worst, then the most seats."""
    return sorted(
        (site for site in body.sites if site.is_open),
        key=lambda site: (site.role != "interactive", -LEVELS.index(site.level), -site.seats, site.code),
    )


def repairs(body: Body) -> list[Repair]:
    """Return what is to be repaired, by province, the most seats that become ready by it alone first."""
    return _repairs(body, lambda site: site.province)


def repairs_of_all(body: Body) -> list[Repair]:
    """Return the same of all provinces together, whose code is then empty."""
    return _repairs(body, lambda _: "")


def _repairs(body: Body, place: Callable[[Site], str]) -> list[Repair]:
    alone: dict[tuple[str, str, str], Count] = defaultdict(Count)
    touched: dict[tuple[str, str, str], Count] = defaultdict(Count)
    for site in body.sites:
        keys = {(one.owner, one.reason, place(site)) for one in site.findings}
        for key in keys:
            touched[key].add(site)
            if len(keys) == 1:
                alone[key].add(site)
    found = [Repair(*key, alone[key].told, count.told) for key, count in touched.items()]
    return sorted(found, key=lambda one: (-one.alone.seats, -one.alone.sites, -one.touched.seats, one))


def summary(body: Body) -> dict[str, Any]:
    """Return the figures for programs, as the JSON form tells them beside the body."""
    by_province = cover(body.sites, lambda site: (site.province, site.role))
    return {
        "whole": _told(whole(body.sites)),
        "by_role": {role: _told(covered) for role, covered in cover(body.sites, lambda site: site.role).items()},
        "by_province": [
            {"province": province, "role": role, **_told(covered)} for (province, role), covered in by_province.items()
        ],
        "by_province_2025": [{"province": one.code, "name": one.name, **_told(one.covered)} for one in merged(body)],
        "repairs": [
            {**one._asdict(), "alone": one.alone._asdict(), "touched": one.touched._asdict()} for one in repairs(body)
        ],
    }


def _told(covered: Covered) -> dict[str, Any]:
    return {"whole": covered.whole._asdict(), **{level: part._asdict() for level, part in covered._asdict().items()}}
