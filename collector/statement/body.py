"""The body of a statement: what was known of every site of a session at one moment, and what was concluded from it.

All figures follow from it (figures.py), and every form is drawn from both, so that they agree. It is stored as
canonical JSON with its sha256 and never changed.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

VERSION = 1


class Finding(NamedTuple):
    """A verdict other than ready, by its codes."""

    fact: str
    metric: str
    level: str
    reason: str
    owner: str
    params: dict[str, Any]


class Site(NamedTuple):
    """A site: where, as what, for how many, who carries it, and how it stands; written as a row, to be short."""

    code: str
    name: str
    province: str  # code
    district: str  # name; empty: the site lies in the province alone
    role: str
    medium: str
    seats: int
    schools: int
    provider: str
    line: str
    contact: str
    level: str
    findings: tuple[Finding, ...]  # the worst first; none: ready

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self.level != "ready"


class Proof(NamedTuple):
    """So many sites have this fact by this source; measured between these moments (microseconds UTC)."""

    fact: str
    source: str
    sites: int
    oldest_at: int
    newest_at: int


class Interactive(NamedTuple):
    """What is concluded of an interactive site, and why."""

    site: str  # code
    name: str
    province: str
    order: int | None
    level: str
    conclusion: str  # of conclusions.CODES
    action: str
    reasons: tuple[str, ...]
    venue: str  # where to move, if that is the action
    backup: str  # device, venue; empty: none
    backup_level: str
    proven_at: int | None


class Capacity(NamedTuple):
    """What a province needs by a medium and delivery, and what VNPT has confirmed of it; Mbit/s."""

    province: str
    medium: str
    delivery: str
    sites: int
    peak_mbps: float
    confirmed_mbps: float | None
    confirmed_by: str
    confirmed_at: int | None
    state: str  # of conclusions.CAPACITIES


class Body(BaseModel):
    """What a statement states. Times are microseconds UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    event: str
    session: str
    starts_at: int
    ends_at: int
    gate: str
    gate_at: int
    as_of: int
    policy: str  # sha256
    unit: str | None = None  # code: the statement of a province; None: of the country
    unit_name: str = ""
    conclusion: str
    conclusion_reasons: tuple[str, ...]
    provinces: dict[str, str]  # code to name, of all that has a site
    interactive: tuple[Interactive, ...]
    capacities: tuple[Capacity, ...]
    proofs: tuple[Proof, ...]
    sites: tuple[Site, ...]

    def canonical(self) -> str:
        """Return the one way to write this body: keys in order, no spaces, letters as they are."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def sha256(self) -> str:
        """The sha256 of this body as it is written."""
        return sha256(self.canonical())


def sha256(canonical: str) -> str:
    """Return the sha256 of a body as it is written."""
    return hashlib.sha256(canonical.encode()).hexdigest()
