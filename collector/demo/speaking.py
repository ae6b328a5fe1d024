"""Who speaks in the model event and on what each interactive site falls back: our choice. Pure."""

from __future__ import annotations

from dataclasses import replace

from provisioning.roster.sites import Backup, Site

MORNING = (
    "BO",
    "SO-02",
    "SO-40",
    "SO-48",
    "DB-TRUONGSA",
    "SO-79",
    "SO-96",
    "DB-VIETBAC",
)  # the ministry, then provinces
AFTERNOON = ("BO", "DH-01", "DH-02", "DH-03", "DH-04")
_VENUES = {  # near each other; everybody else has a spare PC on a line over 4G
    "BO": "DB-VNPT",
    "DB-VNPT": "BO",
    "SO-01": "DB-VNPT",
    "SO-79": "DB-HCM",
    "DB-HCM": "SO-79",
    "SO-19": "DB-VIETBAC",
    "DB-VIETBAC": "SO-19",
}


def with_speaking(site: Site, order: tuple[str, ...], present: frozenset[str]) -> Site:
    """Return an interactive site with its place in the order and its backup; any other one as it is.

    present: keys of the session's sites, of which alone one can be a venue to move to.
    """
    if site.role != "interactive":
        return site
    place = order.index(site.key) + 1 if site.key in order else None
    venue = _VENUES.get(site.key, "")
    return replace(site, speaking_order=place, backup=Backup(venue if venue in present else ""))
